"""Networks that take columns by name: text beside numbers and categories, in branches of one network."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.config.loading import load
from dltool.training.checkpoint import decode
from dltool.training.job import Job, open_job
from dltool.training.saving import save

from .tables import table

ROWS = 60
NUMBERS = np.random.default_rng(3)
TEXTS = ("a good day", "bad", "a very bad day", "good good", "")
OLD: dict[str, Any] = {
    "size": NUMBERS.normal(size=ROWS).round(3),
    "text": [TEXTS[i % 5] for i in range(ROWS)],
    "age": NUMBERS.normal(size=ROWS).round(3),
    "city": [("Rome", "Oslo", "Bern")[i % 7 % 3] for i in range(ROWS)],
    "y": [("no", "yes")[i % 5 in (0, 3)] for i in range(ROWS)],
}
READ: list[Any] = [{"columns": "text"}, {"embedding": 4}, "global_average_pool"]
BRANCHES: list[Any] = [READ, [{"columns": ["age", "city"]}], [{"columns": "size"}, {"dense": 3}]]


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, columns: dict[str, Any], branches: list[Any], **changes: Any) -> str:
    table(f"{name}.csv", columns)
    config = {
        "data": {
            "table": {"path": f"{name}.csv", "target": "y"},
            "features": {
                "text": {"tokens": {"min_count": 1, "length": 5}},
                "city": {"category": {"width": 4}},
                "size": {"numeric": "none"},
                "age": {"numeric": "none"},
            },
            "split": {"validation": 0},
        },
        "model": [{"parallel": {"branches": branches, "merge": "concat"}}, {"dense": "classes"}],
        "loss": "cross_entropy",
        "optimizer": {"adam": {"lr": 0.03}},
        "train": {"epochs": 2, "shuffle": False},
        **changes,
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(config))
    return f"{name}.yaml"


def trained(name: str, columns: dict[str, Any], **changes: Any) -> Job:
    """A run, and a job with its parameters."""
    config = write(name, columns, BRANCHES, **changes)
    assert main(["train", config, "--run-dir", name, "--quiet"]) == 0
    job = open_job(load(config), [Path()])
    job.restore(decode(Path(name, "checkpoints/best.safetensors")))
    return job


def outputs(job: Job) -> np.ndarray:
    found = job.engine.evaluate("train").outputs
    assert found is not None
    return found[:ROWS]


def test_each_branch_gets_its_columns():
    """The network's outputs are those of NumPy from its parameters and the cells of the table."""
    job = trained("old", OLD)
    arrays = job.engine.arrays
    fitted = job.dataset.preprocessing["features"]["columns"]
    words, cities = (next(one for one in fitted if one["column"] == name) for name in ("text", "city"))
    tokens = {token: code for code, token in enumerate(words["vocabulary"]["tokens"], 1)}
    expected = []
    for text, city, age, size in zip(OLD["text"], OLD["city"], OLD["age"], OLD["size"], strict=True):
        codes = [tokens[word] for word in text.split()] or [0]
        read = arrays["parallel_1.branch_1.embedding_1.weight"][codes].mean(axis=0)
        place = arrays["features.city.weight"][1 + cities["words"].index(city)]
        dense = arrays["parallel_1.branch_3.dense_1.weight"][0] * np.float32(size)
        dense = dense + arrays["parallel_1.branch_3.dense_1.bias"]
        joined = np.concatenate([read, [np.float32(age)], place, dense])
        expected.append(joined @ arrays["dense_1.weight"] + arrays["dense_1.bias"])
    np.testing.assert_allclose(outputs(job), expected, rtol=1e-4, atol=1e-5)


def test_older_checkpoints_have_line_breaks_in_names_of_columns(capsys: pytest.CaptureFixture[str]):
    """A header of a spreadsheet, which is read as "city (of birth)" by now."""
    columns = {"size\n(cm)": OLD["size"], "city\n(of birth)": OLD["city"], "result\n(y)": OLD["y"]}
    with Path("old.csv").open("w", newline="") as file:
        csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
    data = {
        "table": {"path": "old.csv", "target": "result (y)"},
        "features": {"city (of birth)": {"category": {"encoding": "embedding"}}},
        "split": {"validation": 0},
    }
    config = {"data": data, "model": [{"dense": "classes"}], "loss": "cross_entropy", "train": {"epochs": 1}}
    Path("old.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "old.yaml", "--run-dir", "run"]) == 0
    path = Path("run/checkpoints/last.safetensors")
    now = decode(path)
    before = lambda text: re.sub(r"(size|city|result) ", r"\1\\n", text)  # noqa: E731
    older = replace(
        now,
        preprocessing=json.loads(before(json.dumps(now.preprocessing))),
        arrays={json.loads(before(json.dumps(name))): array for name, array in now.arrays.items()},
    )
    assert older.arrays.keys() != now.arrays.keys()
    save(older, Path("older.safetensors"))
    capsys.readouterr()
    assert [main(["predict", str(file), "old.csv"]) for file in (path, "older.safetensors")] == [0, 0]
    lines = capsys.readouterr().out.splitlines()
    assert lines[: ROWS + 1] == lines[ROWS + 1 :]
    assert main(["eval", "older.safetensors", "old.csv"]) == 0


def test_words_and_columns_are_found_again_in_another_table():
    """Vocabularies and columns in another order: what has a name is taken by name."""
    old = trained("old", OLD)
    extra = {"size": 0.5, "text": "bad weather today weather", "age": 1.0, "city": "Nice", "y": "no"}
    columns = {name: [*cells, *[extra[name]] * ROWS] for name, cells in reversed(OLD.items())}
    job = open_job(load(write("new", columns, BRANCHES, init_from={"checkpoint": "old"})), [Path()])
    np.testing.assert_allclose(outputs(job), outputs(old), rtol=1e-5, atol=1e-5)
    told = "\n".join(job.start.notes)
    assert "embedding_1.weight: taken by name for 6 of 8: (unknown), bad, good, a, day, very" in told
    assert "initial values for weather, today" in told


@pytest.mark.parametrize(
    ("branches", "line"),
    [
        ([READ, [{"columns": ["age", "cty"]}]], "no feature column 'cty'; did you mean 'city'?"),
        ([READ, [{"columns": "y"}]], "no feature column 'y'; allowed: age, city, size, text"),
        ([READ, [{"columns": ["age", "age"]}]], "'age' is listed twice"),
        (
            [READ, [{"columns": ["age", "text"]}]],
            "column 'text' is a sequence, which cannot stand beside others; give it a branch: columns: text",
        ),
        ([READ, [{"dense": 3}]], "dense gets no columns; put `columns: NAMES` before it"),
        ([READ, []], "takes no columns; put `columns: NAMES` first"),
        ([[{"columns": "text"}], [{"columns": "age"}]], "some branches give integers, others numbers"),
        ([[{"columns": "text"}, {"dense": 3}], READ], "dense takes numbers, got integers; put an embedding before it"),
        ([[{"columns": "age"}, {"embedding": 3}], READ], "embedding takes integers, got numbers"),
        (
            [[{"columns": "age"}], [{"columns": "city"}]],
            "no layer takes these columns: text, size; name them in `columns`, or leave them out: exclude:",
        ),
        (
            [["relu"], ["relu"]],
            "'text' is a sequence, which needs a branch of its own beside other columns: parallel: {branches: [[columns"
            ": text, embedding: 32, …], [columns: [city, size, age]]], merge: concat}",
        ),
    ],
)
def test_mistakes_have_a_line(branches: list[Any], line: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", write("bad", OLD, branches)]) == 2
    (told,) = [one for one in capsys.readouterr().err.splitlines() if "error" in one]
    assert told.startswith("error: bad.yaml:")
    assert line in told
    assert not Path("runs").exists()


def test_columns_that_no_layer_takes_are_reported(capsys: pytest.CaptureFixture[str]):
    assert main(["check", write("some", OLD, [READ, [{"columns": "size"}]])]) == 0
    assert "no layer takes these columns: city, age; name them" in capsys.readouterr().out


def test_columns_need_a_table(capsys: pytest.CaptureFixture[str]):
    np.savez("data.npz", x=np.zeros((8, 2)), y=np.arange(8) % 2)
    Path("a.yaml").write_text("data: {npz: data.npz}\nmodel: [columns: a, dense: classes]\nloss: cross_entropy\n")
    assert main(["train", "a.yaml"]) == 2
    assert "columns: the data has no columns with names; leave this layer out" in capsys.readouterr().err


def test_predictions_for_texts_with_unknown_words_and_without_words(capsys: pytest.CaptureFixture[str]):
    trained("old", OLD)
    texts = ["a zebra bad", "", "zebra zebra zebra zebra zebra zebra", "\tgood"]
    table("new.csv", {"text": texts, "size": [0, 0, 0, 0], "age": [0, 0, 0, 0], "city": ["Rome"] * 4})
    assert main(["predict", "old", "new.csv", "-o", "out.csv"]) == 0
    with open("out.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert all(0 < float(row["probability_yes"]) < 1 for row in rows)
    assert "column 'text': 6 words not seen in training, taken as unknown" in capsys.readouterr().err
    assert main(["eval", "old", "--json"]) == 0
