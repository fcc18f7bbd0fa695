"""Devices do not wait: the next call and the next span of data are on their way while they still compute."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.runtime.device import Device
from dltool.runtime.memory import aligned
from dltool.runtime.plan import StepPlan
from dltool.runtime.xla.backend import XlaBackend
from dltool.runtime.xla.devices import Devices
from dltool.runtime.xla.runner import Runner
from dltool.training import bucketing, pace
from tests.quick_xla import compile_quickly
from tests.training.runs import lines, open_run, train
from tests.training.test_bucketing import TEXTS, write_texts

from .test_training import XLA, assert_alike

LARGE = {"data": {"synthetic": {"features": 50, "classes": 3, "rows": 400}, "split": {"validation": 0.2}}}
STREAMED = ("data.memory=40KB", *XLA)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_quickly(monkeypatch)


@pytest.fixture
def short_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dltool.runtime.xla.backend.LONGEST", 3)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has happened: "begun" and "waited for" with the number of a call."""
    seen: list[str] = []
    begin, result = Runner.begin, Runner._result

    def begun(self: Runner, plan: Any, *, collect: bool) -> Callable[[], Any]:
        seen.append("begun")
        return begin(self, plan, collect=collect)

    def waited(self: Runner, *arguments: Any) -> Any:
        seen.append("waited for")
        return result(self, *arguments)

    monkeypatch.setattr(Runner, "begin", begun)
    monkeypatch.setattr(Runner, "_result", waited)
    return seen


@pytest.mark.usefixtures("short_calls")
def test_the_next_call_is_begun_before_the_last_one_is_waited_for(tmp_path: Path, events: list[str]):
    data = {"synthetic": {"features": 5, "classes": 3, "rows": 120}, "split": {"validation": 0.2}}
    job, run = open_run(tmp_path, {"data": data}, XLA)
    train(job, run)
    steps = ["begun", *["begun", "waited for"] * 3, "waited for"]  # twelve, in calls of three
    assert events == 3 * [*steps, "begun", "waited for"]  # and an evaluation


def test_so_it_is_in_an_evaluation(tmp_path: Path, events: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dltool.training.portions.PORTION_BYTES", 1)  # portions of 256 rows
    data = {"synthetic": {"features": 5, "classes": 3, "rows": 1000}, "split": {}, "memory": "1kB"}
    job, _ = open_run(tmp_path, {"data": data}, XLA)
    assert job.evaluate("train").result()["loss"] > 0
    assert events == ["begun", *["begun", "waited for"] * 3, "waited for"]


def test_a_span_arrives_while_the_one_before_is_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first call on a span does not end before the next span is there, which else would be never."""
    to_device, begin = XlaBackend.to_device, Runner.begin
    arrived: list[threading.Event] = []
    places: list[tuple[int, int]] = []

    def copied(self: XlaBackend, data: Mapping[str, np.ndarray]) -> dict[str, Any]:
        assert threading.current_thread().name == "dltool-feed"
        copies = to_device(self, data)
        arrived[sum(event.is_set() for event in arrived)].set()
        return copies

    def begun(self: Runner, plan: StepPlan, *, collect: bool) -> Callable[[], Any]:
        result, place = begin(self, plan, collect=collect), (int(plan.epoch[0]), int(plan.origin[0]))
        if self.traced.changed and place not in places:
            places.append(place)
            assert len(places) == len(arrived) or arrived[len(places)].wait(timeout=20)
        return result

    monkeypatch.setattr(XlaBackend, "to_device", copied)
    monkeypatch.setattr(Runner, "begin", begun)
    job, run = open_run(tmp_path, LARGE, STREAMED)
    of_epoch = -(-job.batching.epoch_samples // job.feed.samples)
    arrived += [threading.Event() for _ in range(job.experiment.train.epochs * of_epoch)]
    train(job, run)
    assert of_epoch > 2
    assert len(places) == len(arrived)
    assert all(event.is_set() for event in arrived)


def test_what_was_copied_stays_when_its_buffer_is_filled_again():
    devices, buffer = Devices.found(Device("xla")), aligned(1 << 16).view(np.float32)
    copied = devices.put(buffer)
    buffer[:] = 1
    assert not np.asarray(copied).any()


def test_spans_run_in_stretches_and_nothing_is_compiled_while_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    job, run = open_run(tmp_path, LARGE, STREAMED)
    assert job.stretch > 1
    before = job.engine.compile_seconds
    train(job, run)
    assert job.engine.compile_seconds == before


def test_texts_of_different_lengths_need_no_wait_between_them(
    tmp_path: Path, events: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bucketing, "LEAST_FLOPS", 0)
    write_texts(tmp_path)
    runs = []
    for overrides in ((), XLA):
        job, run = open_run(tmp_path, TEXTS, overrides)
        train(job, run)
        runs.append(run)
    for one, other in zip(*map(lines, runs), strict=True):
        assert_alike(one, other)
    span = job.feed.span(0, 0, lambda: False)
    assert span is not None
    assert span.networks is not None
    changes = int((np.diff(span.networks) != 0).sum())
    ahead = np.cumsum([1 if event == "begun" else -1 for event in events])
    assert ahead.max() > changes / 2
