"""Tables on a terminal: what does not fit goes below, and no number is cut."""

from __future__ import annotations

import sys

import pytest

from dltool.cli.screen.confusion_matrix import write_confusion
from dltool.cli.screen.table import write_table

WIDTHS = pytest.mark.parametrize("width", [24, 40, 80, 200])


def show_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Let standard output be a terminal."""
    for name, value in (("COLUMNS", str(width)), ("LINES", "50"), ("TERM", "dumb")):  # dumb: without colors
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


@WIDTHS
def test_every_number_is_whole(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    show_terminal(monkeypatch, width)
    names = [f"{part} {name}" for part in ("validation", "test") for name in ("loss", "accuracy", "f1", "recall")]
    rows = [(f"a fold called {i}", *(f"{i + j / 100:.4f}" for j in range(8))) for i in range(3)]
    write_table("folds", ("fold", *names), rows, right=range(1, 9), totals=("all", *["0.1234 ± 0.0012"] * 8))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= max(width, 36)  # a number that is wider than the terminal is not cut either
    words = " ".join(lines).split()
    assert all(words.count(cell) == 1 for row in rows for cell in row[1:])
    assert words.count("0.0012") == 8


@WIDTHS
@pytest.mark.parametrize("classes", [3, 20])
def test_a_confusion_matrix_that_does_not_fit_lists_the_worst(
    width: int, classes: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    show_terminal(monkeypatch, width)
    matrix = [[1000 + 31 * i + j for j in range(classes)] for i in range(classes)]
    write_confusion([f"class {i}" for i in range(classes)], matrix)
    out = capsys.readouterr().out
    cells = [str(count) for row in matrix for count in row]
    assert all(cell in out for cell in cells) if "matrix" in out else "most frequent confusions" in out
    assert ("matrix" in out) == (12 + 7 * classes <= width)
