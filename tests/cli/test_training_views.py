"""What a training shows: the live view, the plain lines, and the small curve."""

from __future__ import annotations

import pytest

from dltool.cli.screen import plain_progress
from dltool.cli.screen.curve import Curve
from dltool.cli.screen.live_progress import LiveProgress
from dltool.cli.screen.plain_progress import PlainProgress
from dltool.cli.screen.viewer import Heading
from dltool.formatting import duration, number, quantity, rate, size
from dltool.runtime.device import LOADED, PROGRAM
from dltool.training.events import EpochEnded, Progress, Warned

HEADING = Heading("digits", 100, 2, 4810, {"train": 1437, "validation": 360}, ("the loss has a floor",))


def progress(epoch: int) -> Progress:
    return Progress(epoch, 20, 45, 45 * epoch + 20, 2.0 / epoch, 0.001, 1.25e6, 75.0)


def ended(epoch: int, best: bool = False) -> EpochEnded:
    figures = {"loss": 2.0 / epoch, "accuracy": 0.5, "confusion_matrix": [[1, 0], [0, 1]]}
    line = {"kind": "epoch", "epoch": epoch, "step": 45, "train": figures, "validation": figures, "seconds": 0.25}
    return EpochEnded(line, best)


def test_lines(capsys, monkeypatch):
    monkeypatch.setattr(plain_progress, "EPOCH_INTERVAL", 1e9)
    view = PlainProgress()
    view.compiling("16 kernels", 0.0)
    view.compiling("16 kernels", 0.5)
    view.begin(HEADING)
    for epoch in range(1, 101):
        view.show(progress(epoch))
        view.show(ended(epoch, best=epoch == 2))
    view.show(Warned("slower now"))
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "compiling 16 kernels (once on this machine) …"
    assert out[1].startswith("compiled kernels in ")
    assert out[2:4] == [
        "digits: 4,810 parameters, rows: 1,437 train, 360 validation, 2 threads",
        "note: the loss has a floor",
    ]
    figures = "train loss 2.0000 accuracy 0.5000 · validation loss 2.0000 accuracy 0.5000"
    assert out[4] == f"epoch 1/100: {figures} · 0.25 s · 1.25 Msamples/s"
    assert out[5].endswith(" · best")
    assert [line.partition(":")[0] for line in out[-3:]] == ["epoch 20/100", "epoch 100/100", "warning"]


@pytest.mark.parametrize(
    ("told", "done"), [([PROGRAM], "compiled the network in "), ([PROGRAM, LOADED], "loaded the compiled network in ")]
)
def test_a_program_is_compiled_or_loaded(told: list[str], done: str, capsys):
    view = PlainProgress()
    for what in told:
        view.compiling(what, None)
    view.begin(HEADING)
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "compiling the network …"
    assert out[1].startswith(done)


def test_the_screen_keeps_the_last_epochs_and_the_best(capsys):
    with LiveProgress() as view:
        view.begin(HEADING)
        for epoch in range(1, 31):
            view.show(progress(epoch))
            view.show(ended(epoch, best=epoch == 3))
        view.show(Warned("slower now"))
    out = capsys.readouterr().out
    assert "digits  4,810 parameters · 1,437 train rows · 360 validation rows · 2 threads" in out
    assert "note: the loss has a floor" in out
    assert "epoch 30/100" in out
    assert "1.25 Msamples/s" in out
    assert "1 min 15 s left" in out
    epochs = [line.split()[:2] for line in out.splitlines() if line.strip().startswith(("★", "2", "3"))]
    assert epochs[0] == ["★", "3"]
    assert [words[0] for words in epochs[1:]] == [str(epoch) for epoch in range(24, 31)]


FIGURES = {"loss": 0.6931, "accuracy": 0.5123, "f1": 0.4567, "auc": 12345.0, "mean_of_all_errors_in_percent": 1.5e-7}


@pytest.mark.parametrize(("width", "height"), [(30, 60), (40, 60), (80, 60), (80, 24), (200, 50)])
def test_no_figure_is_cut_however_narrow_the_terminal_is(capsys, monkeypatch, width, height):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("LINES", str(height))
    with LiveProgress() as view:
        view.begin(HEADING)
        for epoch in range(1, 31):
            view.show(progress(epoch))
            line = {**ended(epoch).line, "train": FIGURES, "validation": FIGURES}
            view.show(EpochEnded(line, epoch == 3))
    lines = capsys.readouterr().out.splitlines()
    assert "…" not in "".join(lines).replace("… ", "")
    assert max(map(len, lines)) <= width
    (best, *_), words = [line.split() for line in lines if "★" in line], " ".join(lines).split()
    assert best[:2] == ["★", "3"]
    for figure in ("0.6931", "0.5123", "0.4567", "12,345", "1.5e-07"):
        assert words.count(figure) >= 4, figure  # of both parts, in the best epoch and in the last


def test_a_terminal_too_low_for_all_shows_the_validation_part(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "16")
    with LiveProgress() as view:
        view.begin(HEADING)
        view.show(EpochEnded({**ended(1).line, "train": FIGURES, "validation": FIGURES}, True))
    out = capsys.readouterr().out
    assert "0.25 s" in out
    assert "validation" in out
    assert "train  " not in out


def test_a_curve_that_falls_goes_down_from_left_to_right():
    curve = Curve(width=4, height=2)
    assert curve.lines() == ["    ", "    "]
    for value in range(1000):
        curve.add(1000.0 - value)
    top, bottom = curve.lines()
    assert (len(top), len(bottom)) == (4, 4)
    assert "⠀" not in top[:2] + bottom[2:]
    assert top[2:] + bottom[:2] == "⠀⠀⠀⠀"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number(0.12345), "0.1235"),
        (number(1234.5), "1,234"),
        (number(1.5e8), "1.5e+08"),
        (number(1e-7), "1e-07"),
        (number(0.0), "0.0000"),
        (number(None), "–"),
        (number(12345), "12,345"),
        (rate(3.48e6), "3.48 M"),
        (rate(17_900), "17.9 k"),
        (rate(64), "64 "),
        (rate(999.9), "1 k"),
        (size(1010 * 1024), "1010 kB"),
        (size(1000), "1000 B"),
        (quantity(999_950), "1 M"),
        (duration(0.0123), "12 ms"),
        (duration(1.234), "1.23 s"),
        (duration(59.6), "60 s"),
        (duration(125), "2 min 5 s"),
        (duration(7260), "2 h 1 min"),
    ],
)
def test_figures_for_people(text, expected):
    assert text == expected
