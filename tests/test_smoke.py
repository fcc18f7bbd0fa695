"""One path through everything, from a file to predictions and a report; `pytest -m smoke` runs it in seconds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.training import pace
from tests.contract.test_kernels import test_a_cpu_kernel_does_what_the_reference_says as check_kernel
from tests.ops.cases import CASES, Case
from tests.ops.test_gradients import test_gradient_is_the_slope as check_gradient
from tests.training.images import save_image
from tests.training.runs import assert_equal_runs, open_run, train

pytestmark = pytest.mark.smoke

DIGITS = Path(__file__).parents[1] / "datasets" / "digits" / "digits.csv.gz"


def digits() -> list[str]:
    """Some of the handwritten digits of the repository."""
    with gzip.open(DIGITS, "rt") as file:
        Path("data.csv").write_text("".join(islice(file, 400)))
    return ["data.csv", "--target", "digit"]


def houses() -> list[str]:
    """A table with numbers, categories and a gap, and a number to predict."""
    generator = np.random.default_rng(0)
    lines = ["rooms,town,area,price"]
    for row in range(120):
        rooms, area = generator.integers(1, 6), generator.uniform(20, 200)
        town, gap = ("Ulm", "Bonn", "Jena")[row % 3], row % 17 == 0
        lines.append(f"{rooms},{town},{'' if gap else f'{area:.1f}'},{1000 * rooms + 10 * area:.1f}")
    Path("data.csv").write_text("\n".join(lines) + "\n")
    return ["data.csv", "--target", "price"]


def drawings() -> list[str]:
    """Six images in folders of two classes."""
    for row in range(6):
        pixels = np.zeros((8, 8), np.uint8)
        pixels[(slice(None), row) if row % 2 else (row, slice(None))] = 200
        save_image(pixels, f"data/{('across', 'down')[row % 2]}/{row}.png")
    return ["data"]


def series() -> list[str]:
    """A wave by days, of which windows are made."""
    days = np.datetime64("2024-01-01") + np.arange(120)
    lines = [f"{day},{50 + 10 * np.sin(row / 5):.2f}" for row, day in enumerate(days)]
    Path("data.csv").write_text("day,level\n" + "\n".join(lines) + "\n")
    return ["data.csv"]


@pytest.mark.parametrize("make", [digits, houses, drawings, series], ids=lambda make: make.__name__)
def test_from_a_file_to_predictions_and_a_report(
    make: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    data = make()
    assert main(["init", *data]) == 0
    assert main(["check", "data.yaml"]) == 0
    capsys.readouterr()
    assert main(["train", "data.yaml", "--json", "--set", "train.epochs=2"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert main(["eval", "runs/data", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["loss"] == pytest.approx(trained[found["part"]]["loss"], rel=1e-5)
    assert main(["predict", "runs/data", data[0], "-o", "predictions.csv"]) == 0
    Path("runs/data/report.html").unlink()
    assert main(["report", "runs/data"]) == 0
    assert "<svg" in Path("runs/data/report.html").read_text()


def test_a_stopped_run_goes_on_with_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)  # one update in a call: a stop can fall after each
    job, whole = open_run(tmp_path)
    train(job, whole)
    job, run = open_run(tmp_path)
    assert train(job, run, stop_at=5).reason == "signal"
    assert main(["resume", str(run.root), "--quiet"]) == 0
    assert_equal_runs(run, whole)


@pytest.mark.parametrize("case", [case for case in CASES if case.op == "layer_norm"], ids=str)
def test_a_gradient_is_the_slope_and_a_cpu_kernel_does_what_the_reference_says(case: Case):
    check_gradient(case, 5)
    check_kernel(case)
