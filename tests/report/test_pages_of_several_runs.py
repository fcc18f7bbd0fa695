"""The pages of a sweep and of a comparison: what they show of odd trials and runs, and how they fit a window."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import pytest

from dltool.report.comparison_page import ComparedRun, Comparison, comparison_page
from dltool.report.sweep_page import SweepContent, TrialContent, sweep_page
from tests.report.browser import measured
from tests.report.runs import HOSTILE


def trial(number: int, value: float, ending: str = "finished", **values: Any) -> TrialContent:
    known = value == value
    curve = [(float(epoch), value / (4 - epoch)) for epoch in (1, 2, 3)] if known else []
    values = {key.replace("__", "."): one for key, one in values.items()}
    return TrialContent(number, values, value, ending, "", ending == "finished", len(curve), 1.5, curve)


TRIALS = [
    trial(0, 0.5),
    trial(1, 0.9, optimizer="adam", optimizer__lr=0.01, units=8),
    trial(2, 0.7, "pruned", optimizer={"sgd": {"momentum": 0.9}}, optimizer__lr=0.1, units=16),
    trial(3, nan, "diverged", optimizer="adam", optimizer__lr=10.0, units=8),
    trial(4, nan, "unfinished", optimizer="adam", optimizer__lr=1.0, units=8),
]
SWEEP = SweepContent(
    name=HOSTILE,
    folder=f"sweeps/{HOSTILE}",
    metric="validation.accuracy",
    higher_is_better=True,
    trials=TRIALS,
    importances={"optimizer.lr": 0.75, "optimizer": 0.25},
    choices={"optimizer": ["adam", {"sgd": {"momentum": 0.9}}]},
    logarithmic=["optimizer.lr"],
    test={"accuracy": 0.88},
    command="dltool train best.yaml",
)


def _run(name: str, epochs: int) -> ComparedRun:
    history = [{"epoch": epoch, "validation": {"loss": 1 / epoch, "auc": None}} for epoch in range(1, epochs + 1)]
    return ComparedRun(name, "finished", history, {"validation.loss": 1 / max(1, epochs)}, {"loss": name})


RUNS = [_run(HOSTILE, 0), *(_run(f"runs/a-run-with-a-long-name-{number}", number) for number in range(1, 12))]
COMPARISON = Comparison(RUNS, ["validation.loss", "validation.auc"], {"validation.loss": [11]}, ["loss"])


def test_the_page_of_a_sweep_ranks_its_trials():
    assert [one.number for one in SWEEP.ranked] == [1, 0, 2, 3, 4]
    assert [one.number for one in replace(SWEEP, higher_is_better=False).ranked][:2] == [0, 1]
    assert SWEEP.keys == ["optimizer.lr", "optimizer", "units"]
    page = sweep_page(SWEEP)
    assert "Trial 1 is the best by validation.accuracy." in page
    assert page.count("<figcaption>") == 2 + 3
    assert ">{sgd: {moment…</text>" in page
    assert "trial 2, pruned: validation.accuracy 0.7000, optimizer {sgd: {momentum: 0.9}}" in page
    assert "<h3>test accuracy</h3>" in page


@pytest.mark.parametrize("count", [0, 1])
def test_a_sweep_that_has_hardly_begun(count: int):
    page = sweep_page(replace(SWEEP, trials=[trial(0, nan, "unfinished")][:count], importances={}, test={}))
    assert "No trial is complete yet." in page
    assert "<svg" not in page


@pytest.mark.parametrize("page", [sweep_page(SWEEP), comparison_page(COMPARISON)], ids=["sweep", "compare"])
def test_names_are_no_markup_and_everything_fits(page: str, tmp_path: Path):
    assert HOSTILE not in page
    path = tmp_path / "page.html"
    path.write_text(page)
    for width, found in zip((1280, 390), measured(path, tmp_path, [1280, 390]), strict=True):
        assert found["width"] == found["needed"] == width
        assert all(40 < box["width"] < width for box in found["figures"])
        assert min(box["height"] for box in found["texts"]) > 8


def test_more_runs_than_colors_have_dashed_lines():
    page = comparison_page(COMPARISON)
    assert 'class="line run-7"' in page
    assert 'class="line run-0 dashed"' in page
    assert page.count("<polyline") == len(RUNS)
    assert "<b>validation.auc</b>" not in page  # it was never defined
