"""Stopped and resumed runs: the same bits as unbroken ones, wherever the stop fell; and what may change meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.config.loading import from_resolved
from dltool.training import pace
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued, rebasing
from dltool.training.job import open_job
from dltool.training.run_directory import RunDirectory

from .runs import AUGMENTED, CLASSES, NUMBERS, assert_equal_runs, lines, open_run, train, write_config

RICH = {
    "model": [
        {"dense": {"units": 8}},
        "batch_norm",
        "relu",
        {"dropout": 0.3},
        {"dense": {"units": "classes"}},
    ],
    "metrics": ["accuracy", "auc"],
    "schedule": {"cosine": {"warmup_epochs": 1}},
    "early_stopping": {"patience": 2},
    "train": {"ema_decay": 0.9, "accumulate": 2, "clip": {"norm": 0.5}, "last_batch": "pad", "epochs": 4},
}
REGRESSION = {
    "data": NUMBERS,
    "model": [{"dense": {"units": 4, "activation": "tanh"}}, {"dense": {"units": "targets"}}],
    "loss": "huber",
    "optimizer": {"sgd": {"momentum": 0.9, "lr": 0.1}},
    "schedule": {"plateau": {"patience": 1}},
    "metrics": ["rmse", "r2"],
    "train": {"epochs": 4},
}


def resume(folder: Path, run: RunDirectory, overrides: tuple[str, ...] = ()):
    checkpoint = decode(run.last)
    job = open_job(continued(checkpoint, overrides), [folder])
    return train(job, run, checkpoint=checkpoint)


@pytest.mark.parametrize("changes", [{}, RICH, REGRESSION, AUGMENTED], ids=["plain", "rich", "regression", "augmented"])
def test_a_stop_after_any_step_changes_nothing(tmp_path, monkeypatch, changes):
    job, whole = open_run(tmp_path, changes)
    train(job, whole)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)  # one update in a call: a stop can fall after each
    updates = job.batching.updates
    for stop_at in (0, 1, updates - 1, updates, updates + 1, 2 * updates + 1):
        job, run = open_run(tmp_path, changes)
        outcome = train(job, run, stop_at=stop_at)
        assert outcome.reason == "signal"
        assert lines(run, "end")[-1]["reason"] == "signal"
        assert decode(run.last).trainer["step"] == stop_at
        resume(tmp_path, run)
        assert_equal_runs(run, whole)


def test_several_stops_in_one_epoch(tmp_path, monkeypatch):
    job, whole = open_run(tmp_path, RICH)
    train(job, whole)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    job, run = open_run(tmp_path, RICH)
    train(job, run, stop_at=2)
    for stop_at in (3, 4, 7):
        checkpoint = decode(run.last)
        job = open_job(from_resolved(checkpoint.config), [tmp_path])
        train(job, run, stop_at=stop_at, checkpoint=checkpoint)
    resume(tmp_path, run)
    assert_equal_runs(run, whole)


def test_more_epochs_go_on_from_the_end(tmp_path):
    job, whole = open_run(tmp_path, {"train": {"epochs": 5}})
    train(job, whole)
    job, run = open_run(tmp_path, {"train": {"epochs": 2}})
    train(job, run)
    assert resume(tmp_path, run, ("train.epochs=5",)).epochs == 5
    assert_equal_runs(run, whole)  # with a constant rate, two and three epochs are five


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        ("constant", "the learning rate at step 17 stays 0.001"),
        ("cosine", "schedule 'cosine' now spans all epochs; the learning rate at step 17 is 0.0005 instead of 0"),
    ],
)
def test_what_more_epochs_do_to_the_schedule_is_told(tmp_path, schedule, text):
    job, run = open_run(tmp_path, {"schedule": schedule, "train": {"epochs": 2}})
    train(job, run)
    checkpoint = decode(run.last)
    assert rebasing(checkpoint, job) is None
    longer = open_job(continued(checkpoint, ("train.epochs=4",)), [tmp_path])
    told = rebasing(checkpoint, longer)
    assert told is not None
    assert told.startswith("4 epochs instead of 2: ")
    assert text in told


def test_what_would_make_it_another_run_is_refused(tmp_path, capsys):
    config = write_config(tmp_path)
    assert main(["train", str(config), "--run-dir", str(tmp_path / "run"), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "run"), "--set", "train.seed=1", "--set", "optimizer.lr=1"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert [line.partition(": cannot change when a run is resumed; ")[0] for line in errors] == [
        "error: optimizer.adam.lr",
        "error: train.seed",
    ]
    assert main(["resume", str(tmp_path / "run"), "--set", "train.epochs=4", "--quiet"]) == 0
    assert "epochs: 4" in (tmp_path / "run" / "config.yaml").read_text()


def test_a_complete_run_says_so(tmp_path, capsys):
    config = write_config(tmp_path)
    assert main(["train", str(config), "--run-dir", str(tmp_path / "run"), "--quiet"]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "run")]) == 0
    told = capsys.readouterr()
    assert told.out == (
        "this run is complete, after 3 epochs (finished); "
        f"to make it longer: dltool resume {tmp_path}/run --set train.epochs=6\n"
    )
    assert main(["resume", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["complete"] is True
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("lacking", ["report", "end", "test"])
def test_what_a_killed_run_lacks_is_made(tmp_path, capsys, lacking):
    """Killed after its last checkpoint: before its report, within the line that ends its log, before its test."""
    assert main(["train", str(write_config(tmp_path)), "--run-dir", str(tmp_path / "run"), "--quiet"]) == 0
    run = RunDirectory(tmp_path / "run")
    whole, kept = lines(run), run.metrics.read_bytes()
    run.report.unlink()
    if lacking != "report":
        end = kept.rindex(b'{"kind": "end"')
        run.metrics.write_bytes(kept[: end + (30 if lacking == "end" else 0)])
    capsys.readouterr()
    assert main(["resume", str(run.root)]) == 0
    assert "test       loss" in capsys.readouterr().out
    assert lines(run) == whole
    assert run.report.exists()


def test_a_run_without_a_checkpoint_starts_from_its_beginning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    np.savez(tmp_path / "conf" / "data.npz", x=np.random.default_rng(0).normal(size=(60, 3)), y=np.arange(60) % 3)
    config = write_config(tmp_path / "conf", {"data": {"npz": {"path": "data.npz", "features": "x", "targets": "y"}}})
    assert main(["train", str(config), "--run-dir", "run", "--quiet"]) == 0
    run = RunDirectory(tmp_path / "run")
    whole = lines(run)
    for path in (run.last, run.best, run.report):
        path.unlink()
    run.metrics.write_bytes(run.metrics.read_bytes()[:100])
    monkeypatch.chdir("/")
    assert main(["resume", str(run.root)]) == 0
    assert "note: no checkpoint yet: the run starts from the beginning" in capsys.readouterr().out
    assert lines(run) == whole


def test_changed_data_is_refused(tmp_path, capsys):
    generator = np.random.default_rng(0)
    features, labels = generator.normal(size=(60, 3)).astype(np.float32), np.arange(60) % 3
    np.savez(tmp_path / "data.npz", x=features, y=labels)
    data = {"npz": {"path": "data.npz", "features": "x", "targets": "y"}}
    job, run = open_run(tmp_path, {"data": data})
    train(job, run, stop_at=1)
    np.savez(tmp_path / "data.npz", x=features + 1, y=labels)
    assert main(["resume", str(run.root)]) == 2
    assert "data: the data has changed since this run started" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("file", "is not a run directory"),
        ("empty", "no checkpoint in this directory (last.safetensors)"),
        ("none", "is not a run directory"),
    ],
)
def test_what_is_not_a_run(tmp_path, capsys, content, message):
    path = tmp_path / "run"
    if content == "file":
        path.write_text("")
    elif content == "empty":
        path.mkdir()
    assert main(["resume", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_last_checkpoint_falls_back(tmp_path, capsys):
    job, run = open_run(tmp_path)
    train(job, run, stop_at=1)
    run.last.rename(run.last.with_name("last.previous.safetensors"))
    run.last.write_bytes(b"half")
    assert main(["resume", str(run.root)]) == 0
    assert "note: " in (out := capsys.readouterr().out)
    assert "using the previous one, last.previous.safetensors" in out


def dltool(*arguments: str, **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dltool", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


LONG = {"data": CLASSES | {"synthetic": {"features": 20, "classes": 3, "rows": 3000}}, "model": RICH["model"]}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    job, run = open_run(folder, LONG | {"train": {"epochs": 200}})
    train(job, run)
    return run


@pytest.mark.parametrize(
    "kill",
    [
        signal.SIGTERM,
        signal.SIGKILL,
        *(pytest.param(other, marks=pytest.mark.slow) for other in (signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_a_killed_process_resumes_to_the_same_end(tmp_path, unbroken, kill):
    config = write_config(tmp_path, LONG | {"train": {"epochs": 200}})
    run = RunDirectory(tmp_path / "run")
    often = ("--set", "train.checkpoint_minutes=0.0002")
    process = dltool("train", str(config), "--run-dir", str(run.root), *often)
    wait_for(lambda: run.last.exists() or process.poll() is not None)
    os.kill(process.pid, kill)
    out, err = process.communicate(timeout=300)
    assert process.returncode == (-kill if kill == signal.SIGKILL else 128 + kill), out + err
    assert err == ""
    if kill != signal.SIGKILL:
        assert out.splitlines()[-1].split() == ["next", "dltool", "resume", str(run.root)]
    process = dltool("resume", str(run.root), "--json")
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (0, "")
    assert_equal_runs(run, unbroken)
