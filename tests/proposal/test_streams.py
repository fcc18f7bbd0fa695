"""`dltool init` on running text: how it is told from a table, and the language model that is proposed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.proposal.prose import is_running_text

LINES = ["The king was old, and his", "daughter, who was young,", "said: it is late; we go", "", "home."]
PROSE = "\n".join(LINES * 60) + "\n"


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("content", "running"),
    [
        (PROSE, True),
        (PROSE.replace("\n", " "), True),
        ("int main(void) {\n    return first(argument, other);\n}\n" * 20, True),
        ("ham\tsee you\nspam\twin now\n" * 20, False),
        ("a,b,c\nred,blue,green\n" * 20, False),
        ("1.5 2.5 3\n" * 20, False),
        ("__label__good very nice\n" * 20, False),
        ("", False),
        ("a\xff\n", False),
    ],
)
def test_what_is_running_text(content: str, running: bool):
    Path("a.txt").write_bytes(content.encode("latin-1"))
    assert is_running_text(Path("a.txt")) == running


def one_file() -> str:
    Path("book.txt").write_text(PROSE)
    return "book.txt"


def a_folder() -> str:
    Path("books").mkdir()
    for name in ("one.txt", "two.txt"):
        Path("books", name).write_text(PROSE)
    return "books"


def a_pattern() -> str:
    return f"{a_folder()}/*.txt"


@pytest.mark.parametrize("make", [one_file, a_folder, a_pattern])
def test_init_check_train(make: Callable[[], str], capsys: pytest.CaptureFixture[str]):
    assert main(["init", make(), "-o", "c.yaml"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == "  dltool generate runs/c --prompt TEXT"
    assert "a language model: the next character" in said
    assert main(["check", "c.yaml", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["rows"]) == {"train", "validation"}
    small = ["--set", "model[1].gru.units=32", "--set", "train.epochs=12"]
    assert main(["train", "c.yaml", "--json", *small]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["validation"]["perplexity"] < 0.6 * found["baselines"]["trivial"]["perplexity"]


def test_a_test_part_of_its_own(capsys: pytest.CaptureFixture[str]):
    Path("other.txt").write_text(PROSE)
    assert main(["init", one_file(), "--test", "other.txt"]) == 0
    assert yaml.safe_load(Path("book.yaml").read_text())["data"]["test"] == {"text_stream": "other.txt"}
    assert main(["check", "book.yaml", "--json"]) == 0
    rows = json.loads("{" + capsys.readouterr().out.partition("\n{")[2])["rows"]
    assert rows["test"] > 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A short text.\n", "14 characters, too few to learn from; at least 1,000 are needed"),
        ("a" * 5000, "holds only one character, over and over; there is nothing to predict"),
    ],
)
def test_a_text_with_too_little_in_it_has_a_line(text: str, line: str, capsys: pytest.CaptureFixture[str]):
    Path("a.txt").write_text(text)
    assert main(["init", "a.txt"]) == 2
    assert capsys.readouterr().err == f"error: a.txt: {line}\n"


def test_a_target_means_a_table(capsys: pytest.CaptureFixture[str]):
    rows = np.random.default_rng(0).integers(0, 5, 40)
    Path("t.txt").write_text("first word\n" + "".join(f"{'abcde'[row]} {'xy'[row % 2]}\n" for row in rows))
    assert main(["init", "t.txt", "--target", "word"]) in (0, 2)
    assert "language model" not in capsys.readouterr().out
