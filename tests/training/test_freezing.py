"""Trainings with frozen parameters, as a user runs them: check, train, resume, eval, predict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from dltool.cli.main import main

from .runs import CLASSIFIER, assert_equal_runs, lines, open_run, train, write_config

FROZEN: dict[str, Any] = {
    "model": [{"dense": {"units": 8, "activation": "relu"}}, "batch_norm", *CLASSIFIER["model"]],
    "freeze": ["dense_1.*", "batch_norm_*"],
    "optimizer": {"adam": {"weight_decay": 0.1}},
    "train": {"ema_decay": 0.9},
}


@pytest.mark.parametrize("debug", [False, True])
def test_what_is_frozen_stays_and_the_rest_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, debug: bool):
    monkeypatch.chdir(tmp_path)
    config = write_config(tmp_path, FROZEN)
    assert main(["train", str(config), "--run-dir", "a", "--quiet", *["--debug"] * debug]) == 0
    assert main(["train", str(config), "--run-dir", "b", "--set", "train.epochs=1", "--quiet"]) == 0
    a, b = (load_file(f"{run}/checkpoints/last.safetensors") for run in "ab")
    alike = {name for name in a if not name.startswith("trainer/") and np.array_equal(a[name], b[name])}
    statistics = {"batch_norm_1.running_mean", "batch_norm_1.running_variance"}
    assert alike == statistics | {f"{one}.{end}" for one, end in (
        ("dense_1", "weight"), ("dense_1", "bias"), ("batch_norm_1", "gain"), ("batch_norm_1", "bias")
    )}  # fmt: skip
    assert not [name for name in a if name.startswith(("dense_1", "batch_norm_1")) and name not in alike]


def test_a_resumed_run_is_the_unbroken_one(tmp_path: Path):
    job, whole = open_run(tmp_path, FROZEN)
    train(job, whole)
    job, run = open_run(tmp_path, FROZEN)
    train(job, run, stop_at=5)
    assert lines(run) != lines(whole)
    assert main(["resume", str(run.root), "--quiet"]) == 0
    assert_equal_runs(run, whole)


def test_check_tells_what_is_frozen(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = str(write_config(tmp_path, FROZEN))
    assert main(["check", config]) == 0
    text = capsys.readouterr().out
    assert ["dense_1", "5", "→", "8", "48", "48"] in [line.split()[:6] for line in text.splitlines()]
    assert "trained  99 parameters; 64 are frozen" in text
    assert "note: frozen at their initial values: dense_1.weight, dense_1.bias, batch_norm_1.gain" in text
    assert main(["check", config, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [layer["frozen"] for layer in found["layers"]] == [48, 16, 0, 0]
    assert (found["frozen_count"], found["parameter_count"]) == (64, 163)


def test_a_pattern_that_fits_nothing_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    config = write_config(tmp_path, {"freeze": ["dense_1.*", "dense_5.*"]})
    for command in ("check", "train"):
        assert main([command, str(config)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.partition("small.yaml:")[2].startswith("9:1: freeze: no parameter of the network fits 'dense_5.*'")


def test_eval_and_predict_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 5)).astype(np.float32)
    np.savez("data.npz", x=x, y=(x[:, 0] > 0).astype(int))
    config = write_config(tmp_path, {**FROZEN, "data": {"npz": "data.npz"}})
    assert main(["train", str(config), "--run-dir", "run", "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert main(["eval", "run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] == pytest.approx(trained["validation"]["loss"], rel=1e-5)
    assert main(["predict", "run", "data.npz"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 61
