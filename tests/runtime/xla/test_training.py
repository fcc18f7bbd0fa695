"""Training on XLA: it follows the cpu kernels step by step, and a stop changes no bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.training import pace
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued
from dltool.training.devices import moving
from dltool.training.job import open_job
from tests.quick_xla import compile_quickly
from tests.training.runs import AUGMENTED, assert_equal_runs, lines, open_run, train

XLA = ("train.device=xla",)
#: batch norm, dropout, accumulation, averages and clipping, in an order that is drawn
RICH = {
    "model": [{"dense": 8}, "batch_norm", "relu", {"dropout": 0.3}, {"dense": "classes"}],
    "metrics": ["accuracy", "auc"],
    "train": {"ema_decay": 0.9, "accumulate": 2, "clip": {"norm": 0.5}, "sampling": "balanced"},
}
#: changes that are quick to compile
LIGHT = AUGMENTED | {"augment": [{"random_crop": 2}, {"random_flip": "both"}, {"cutout": 2}, "mixup"], "train": {}}
TEXT = "to be or not to be that is the question " * 20
STATEFUL = {
    "data": {"text_stream": {"path": "text.txt", "block": 8}},
    "model": [
        {"embedding": 8},
        {"gru": {"units": 8, "return_sequences": True, "stateful": True}},
        {"dense": "classes"},
    ],
    "metrics": ["perplexity"],
}


@pytest.fixture
def short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of at most three steps, of which each is one stretch."""
    monkeypatch.setattr("dltool.runtime.xla.backend.LONGEST", 3)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_quickly(monkeypatch)


@pytest.fixture(autouse=True)
def text(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "changes", [{}, RICH, LIGHT, STATEFUL], ids=["plain", "rich", "augmented and mixed", "stateful"]
)
def test_xla_follows_the_cpu(tmp_path: Path, changes: dict[str, Any]):
    runs = []
    for overrides in ((), XLA):
        job, run = open_run(tmp_path, changes, overrides)
        train(job, run)
        runs.append(run)
    on_cpu, on_xla = map(lines, runs)
    assert len(on_cpu) == len(on_xla)
    for one, other in zip(on_cpu, on_xla, strict=True):
        assert_alike(one, other)


def assert_alike(one: Any, other: Any) -> None:
    """The same lines, whose numbers agree to rounding."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_alike(one[key], other[key])
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=1e-3, abs=1e-5)
    else:
        assert one == other


@pytest.mark.usefixtures("short_stretches")
def test_a_stop_between_stretches_changes_nothing(tmp_path: Path):
    job, whole = open_run(tmp_path, RICH, XLA)
    assert job.stretch == 1  # three micro-batches hold one update of two
    train(job, whole)
    for stop_at in (1, 5):
        job, run = open_run(tmp_path, RICH, XLA)
        assert train(job, run, stop_at=stop_at).reason == "signal"
        checkpoint = decode(run.last)
        train(open_job(continued(checkpoint, ()), [tmp_path]), run, checkpoint=checkpoint)
        assert_equal_runs(run, whole)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_results_do_not_depend_on_how_long_calls_are(accumulate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The last update has one micro-batch, and a call of its own if calls are short."""
    monkeypatch.setattr("dltool.runtime.xla.backend.LONGEST", 3 * accumulate)
    runs = []
    for seconds in (0.0, 10.0):
        monkeypatch.setattr(pace, "CALL_SECONDS", seconds)
        job, run = open_run(tmp_path, {}, (*XLA, "train.batch_size=9", f"train.accumulate={accumulate}"))
        assert job.stretch == 3
        train(job, run)
        runs.append(run)
    assert_equal_runs(*runs)


@pytest.mark.usefixtures("quick")
def test_a_checkpoint_moves_between_devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    longer = ("train.epochs=30",)
    job, whole = open_run(tmp_path, {}, longer)
    train(job, whole)
    job, run = open_run(tmp_path, {}, longer)
    train(job, run, stop_at=2)
    for stop_at, device in ((54, "xla"), (None, "cpu")):
        checkpoint = decode(run.last)
        experiment = continued(checkpoint, (f"train.device={device}",))
        told = moving(checkpoint, experiment)
        assert told is not None
        assert told.startswith(f"train.device is {device} instead of ")
        train(open_job(experiment, [tmp_path]), run, checkpoint=checkpoint, stop_at=stop_at)
    one, other = ([line["loss"] for line in lines(each, "step")] for each in (whole, run))
    assert len(one) > 54 + 50
    np.testing.assert_allclose(one, other, rtol=1e-4)


@pytest.mark.usefixtures("quick")
def test_more_data_than_memory_is_streamed(tmp_path: Path):
    """Spans of the epoch reach the device one after the other, the last one shorter."""
    small = {"data": {"synthetic": {"features": 50, "classes": 3, "rows": 400}, "split": {"validation": 0.2}}}
    runs = []
    for overrides in ((), ("data.memory=40KB", *XLA)):
        job, run = open_run(tmp_path, small, overrides)
        train(job, run)
        runs.append(run)
    for one, other in zip(*map(lines, runs), strict=True):
        assert_alike(one, other)


@pytest.mark.usefixtures("quick")
def test_fewer_rows_are_evaluated_by_a_program_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dltool.runtime.xla.backend.LONGEST", 3)
    many = {"data": {"synthetic": {"features": 5, "classes": 3, "rows": 2200}, "split": {"validation": 0.9}}}
    job, _ = open_run(tmp_path, many, XLA)
    part = job.dataset.parts["validation"]
    assert isinstance(part, Samples)
    whole = job.engine.evaluate("validation")  # eight batches, in calls of three
    before = job.engine.compile_seconds
    job.engine.attach("validation", part.rows(0, 1000))
    some = job.engine.evaluate("validation")  # four batches, which would be two calls of two
    assert job.engine.compile_seconds == before
    np.testing.assert_array_equal(some.outputs, whole.outputs[:1000])
    np.testing.assert_array_equal(some.losses[:3], whole.losses[:3])
