"""Trials of a study: each is claimed by one process at a time and ends once, whatever happens to who runs it."""

from __future__ import annotations

import errno
import json
import os
from math import nan
from pathlib import Path
from typing import Any

import pytest

from dltool.config.loading import load, resolved
from dltool.errors import RunError
from dltool.sweep import journal
from dltool.sweep import study as study_module
from dltool.sweep.folder import SweepFolder
from dltool.sweep.space import Space
from dltool.sweep.study import Ended, Study
from dltool.training.monitor import Monitor
from tests.sweep.spaces import write_sweep

BLOCK = """trials: {trials}
    method: {method}
    pruning: {pruning}
    optimizer.adam.lr: {{log: [1e-4, 1e-1], points: 3}}
    model[0].units: [4, 8]"""


def opened(folder: Path, *, trials: int = 4, method: str = "random", pruning: str = "none", time: str = "") -> Study:
    block = BLOCK.format(trials=trials, method=method, pruning=pruning) + (f"\n time: {time}" if time else "")
    return study_of(folder, block)


def study_of(folder: Path, block: str) -> Study:
    folder.mkdir(exist_ok=True)
    experiment = load(write_sweep(folder, block))
    assert experiment.sweep is not None
    sweep_folder = SweepFolder(folder / "sweep")
    sweep_folder.prepare()
    space = Space(experiment.sweep, resolved(experiment))
    monitor = Monitor("validation.accuracy", higher_is_better=True)
    return Study(sweep_folder, experiment.sweep, space, monitor, epochs=10, seed=0)


def finish(study: Study, **ended: Any) -> int:
    claim = study.claim()
    assert claim
    study.finish(claim, Ended(**{"reason": "finished", "value": 0.5, "epoch": 1, "epochs": 3, "seconds": 1.0} | ended))
    return claim.number


def test_the_first_trial_is_the_config_as_written_and_each_number_is_given_once(tmp_path: Path):
    one, other = opened(tmp_path), opened(tmp_path)
    claims = [one.claim(), other.claim(), one.claim(), other.claim()]
    assert [claim.number for claim in claims if claim] == [0, 1, 2, 3]
    assert [dict(claim.values) == {} for claim in claims if claim] == [True, False, False, False]
    assert one.claim() is None
    assert other.claim() is None


def test_a_trial_that_was_cut_off_is_claimed_again_with_its_values(tmp_path: Path):
    one, other = opened(tmp_path), opened(tmp_path)
    first, second = one.claim(), one.claim()
    assert first
    assert second
    one.release(second)  # as the kernel does for a process that was killed
    again = other.claim()
    assert again
    assert (again.number, again.values, again.again) == (second.number, second.values, True)
    other.finish(again, Ended("finished", 0.7, 2, 3, 1.0))
    new = other.claim()
    assert new
    assert new.number == 2
    assert [trial.number for trial in one.trials if trial.ended] == [1]


def test_values_depend_on_the_number_alone(tmp_path: Path):
    whole = opened(tmp_path / "a")
    for _ in range(4):
        finish(whole)
    for _ in range(4):
        finish(opened(tmp_path / "b"))  # a new process for every trial
    assert [trial.values for trial in opened(tmp_path / "b").trials] == [trial.values for trial in whole.trials]


def test_a_grid_is_run_once_in_full(tmp_path: Path):
    study = opened(tmp_path, method="grid", trials=100)
    assert study.limit == 7
    for _ in range(7):
        finish(opened(tmp_path, method="grid", trials=100))
    assert opened(tmp_path, method="grid", trials=100).finished
    found = [tuple(trial.values.values()) for trial in study.trials[1:]]
    assert len(set(found)) == 6
    assert sorted({lr for lr, _ in found}) == pytest.approx([0.0001, 0.003162, 0.1], rel=1e-3)


def test_the_best_is_a_complete_trial(tmp_path: Path):
    study = opened(tmp_path, trials=6)
    finish(study, value=0.6)
    finish(study, value=0.8)
    claim = study.claim()
    assert claim
    study.report(claim, 1, 0.95)
    study.finish(claim, Ended("pruned", 0.95, 1, 1, 1.0))
    finish(study, reason="diverged", value=nan)
    finish(study, reason="failed", value=nan, message="too large")
    finish(study, reason="finished", value=nan)
    assert study.best
    assert study.best.number == 1
    assert [trial.complete for trial in study.trials] == [True, True, False, False, False, False]
    assert study.trials[4].ended
    assert study.trials[4].ended.message == "too large"
    assert study.finished


@pytest.mark.parametrize("pruning", ["median", "asha", "hyperband"])
def test_bad_trials_are_pruned_but_never_the_first(tmp_path: Path, pruning: str):
    study = opened(tmp_path, trials=30, pruning=pruning)
    pruned = []
    for number in range(30):
        claim = study.claim()
        assert claim
        quality = number / 30 if number % 2 else 0.01
        told = [study.report(claim, epoch, quality + epoch / 1000) for epoch in range(1, 11)]
        if any(told):
            pruned.append(number)
        study.finish(claim, Ended("pruned" if any(told) else "finished", quality, 10, 10, 1.0))
    assert 0 not in pruned
    assert len(pruned) >= 5
    assert sum(number % 2 for number in pruned) < len(pruned) / 2
    assert study.best
    assert study.best.number == 29


def test_no_trial_begins_when_the_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    now = 0.0
    monkeypatch.setattr(study_module.time, "monotonic", lambda: now)
    study = opened(tmp_path, time="2s")
    finish(study)
    now = 1.5
    finish(study)
    study = opened(tmp_path, time="2s")  # what was spent before counts
    now = 1.9
    finish(study)
    now = 2.1
    assert study.claim() is None
    assert study.finished
    assert opened(tmp_path, time="1h").claim()


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_no_values_are_tried_twice_and_a_sweep_ends_when_all_are(tmp_path: Path, method: str):
    lines = f"""trials: 100
        method: {method}
        optimizer: [adam, sgd]
        optimizer.adam.beta1: {{range: [0, 0.9], step: 0.45}}
        train.batch_size: {{int: [8, 9]}}"""
    study = study_of(tmp_path, lines)
    assert study.limit == 1 + 2 * 3 + 2
    while not study.finished:
        finish(study)
    values = [tuple(sorted(trial.values.items())) for trial in study.trials[1:]]
    assert len(values) == len(set(values)) == 8


@pytest.mark.parametrize("left", ['{"op_code": 4, "wor', "\x00\x00\x00"])
def test_half_a_line_of_a_killed_writer_is_cut_off(tmp_path: Path, left: str):
    study = opened(tmp_path)
    finish(study)
    path = tmp_path / "sweep" / "trials.jsonl"
    with path.open("a") as file:
        file.write(left)
    assert finish(opened(tmp_path)) == 1
    assert [json.loads(line) for line in path.read_text().splitlines()]
    assert [trial.number for trial in study.trials] == [0, 1]


def test_a_full_disk_is_said_and_costs_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    study = opened(tmp_path)
    finish(study)

    def full(descriptor: int) -> None:
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - 10)  # part of the line was written
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal.os, "fsync", full)
        with pytest.raises(RunError, match=r"trials\.jsonl: cannot be written: No space left on device"):
            study.claim()
    assert finish(opened(tmp_path)) == 1


def test_what_mattered(tmp_path: Path):
    study = opened(tmp_path, trials=40)
    for _ in range(40):
        claim = study.claim()
        assert claim
        units = claim.values.get("model[0].units", 4)
        study.finish(claim, Ended("finished", units + 0.001 * claim.number % 0.01, 1, 1, 1.0))
    shares = study.importances()
    assert next(iter(shares)) == "model[0].units"
    assert sum(shares.values()) == pytest.approx(1)
    assert opened(tmp_path / "new").importances() == {}
