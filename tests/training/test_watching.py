"""Figures that decide something: refused where they cannot be computed, and one warning where that shows later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.training.events import Warned
from dltool.training.monitor import Monitor

from .runs import lines, open_run, train, write_config

AUC = "auc needs rows of at least two classes, but these have one; check how the data is split"
TELL = "or choose the best epoch by another metric: train.monitor: validation.loss"
INSTEAD = "or monitor another metric, such as validation.loss"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a training part of two classes, and other parts of one class or of one row."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(5)
    x, y = random.normal(size=(60, 5)).astype(np.float32), np.arange(60) % 2
    np.savez("train.npz", x=x, y=y)
    np.savez("ones.npz", x=x[y == 1], y=y[y == 1])
    np.savez("both.npz", x=x[:10], y=y[:10])
    np.savez("numbers.npz", x=x, y=x[:, :1])
    np.savez("number.npz", x=x[:1], y=x[:1, :1])
    return tmp_path


def data(train: str, validation: str) -> dict[str, Any]:
    return {"npz": f"{train}.npz", "validation": {"npz": f"{validation}.npz"}}


ONES = {"data": data("train", "ones"), "metrics": ["auc", "accuracy"]}
WEIGHTLESS = {"cross_entropy": {"class_weights": [1, 0], "divide_by": "weights"}}
LONG = {"train": {"epochs": 9}}
STOPPING = {"monitor": "validation.auc", "patience": 3}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "the best epoch": (ONES, f"train: 'validation.auc' cannot be computed: {AUC}, {TELL}"),
    "early stopping": (
        {**ONES, "early_stopping": STOPPING, "train": {"monitor": "validation.accuracy"}},
        f"early_stopping.monitor: 'validation.auc' cannot be computed: {AUC}, {INSTEAD}",
    ),
    "early stopping that restores": (
        {**ONES, "early_stopping": {**STOPPING, "restore_best": True}},
        f"early_stopping.monitor: 'validation.auc' cannot be computed: {AUC}, {INSTEAD}",
    ),
    "plateau": (
        {**ONES, "metrics": ["accuracy"], "loss": WEIGHTLESS, "schedule": "plateau"},
        "schedule: 'validation.loss' cannot be computed: all rows of the part belong to classes of weight 0;"
        " change class_weights",
    ),
    "one row": (
        {
            "data": data("numbers", "number"),
            "metrics": ["r2"],
            "loss": "mse",
            "model": [{"dense": "targets"}],
            "compat": "torch",
        },
        f"train: 'validation.r2' cannot be computed: r2 needs at least two rows, but there is one; check how the data"
        f" is split, {TELL}",
    ),
}


@pytest.mark.parametrize("command", ["train", "check"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_computed_is_not_watched(
    name: str, command: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes, message = REFUSED[name]
    assert main([command, str(write_config(home, {"train": {}, **changes}))]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.endswith(f" {message}\n")
    assert not Path("runs").exists()


def test_the_remedy_works(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(write_config(home, {**ONES, "train": {"monitor": "validation.loss"}}))
    assert main(["train", config, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["best"]["monitor"] == "validation.loss"
    assert result["validation"]["auc"] is None
    assert [warning for warning in result["warnings"] if "auc" in warning] == [f"metrics: {AUC}"]


@pytest.mark.parametrize("quiet", [False, True])
def test_every_warning_is_told_whatever_is_shown(quiet: bool, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = {**ONES, "compat": "torch", "model": [{"dense": "classes"}, "softmax"]}
    config = str(write_config(home, {**changes, "train": {"monitor": "validation.loss"}}))
    assert main(["train", config, "--quiet" if quiet else "--json"]) == 0
    shown = capsys.readouterr()
    told = shown.err.splitlines() if quiet else [f"warning: {text}" for text in json.loads(shown.out)["warnings"]]
    assert shown.out.count("\n") == 1
    starts = ("softmax is applied twice", "the validation part has no row of", "rows in two parts", "metrics: auc")
    assert len(told) == len(starts)
    assert all(line.startswith(f"warning: {start}") for line, start in zip(told, starts, strict=True))
    assert told[-1] == f"warning: metrics: {AUC}"


def test_an_evaluation_tells_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(write_config(home, {**ONES, "train": {"monitor": "validation.loss"}}))
    assert main(["train", config, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["eval", "runs/small", "ones.npz", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["warnings"] == [f"metrics: {AUC}"]
    assert found["metrics"]["auc"] is None


def test_a_figure_that_becomes_undefined_is_no_improvement(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One warning, early stopping goes on counting, and the best epoch stays."""
    job, run = open_run(home, {"data": data("train", "both"), "metrics": ["auc"], "early_stopping": STOPPING, **LONG})
    _undefined_from(2, monkeypatch)
    outcome = train(job, run)
    assert (outcome.reason, outcome.epochs, outcome.metrics_epoch) == ("early_stopping", 4, 1)
    assert outcome.best is not None
    assert outcome.best["epoch"] == 1


def test_without_a_best_epoch_it_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"metrics": ["auc"], "early_stopping": {**STOPPING, "restore_best": True}, **LONG}
    job, run = open_run(home, {"data": data("train", "both"), **changes})
    _undefined_from(1, monkeypatch)
    events: list[object] = []
    outcome = train(job, run, notify=events.append)
    assert (outcome.best, outcome.metrics_epoch, outcome.checkpoint) == (None, outcome.epochs, run.last)
    assert [event.text for event in events if isinstance(event, Warned)] == [
        "there is no best epoch: 'validation.auc' was never defined; the last parameters are kept"
    ]
    assert lines(run, "end")[0]["reason"] == "early_stopping"


def _undefined_from(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a metric gave NaN from an epoch on."""
    value, calls = Monitor.value, []

    def later_nan(self: Monitor, results: Any) -> float:
        calls.append(self)
        return value(self, results) if (len(calls) + 1) // 2 < epoch else float("nan")

    monkeypatch.setattr(Monitor, "value", later_nan)
