"""`dltool.train`, `resume` and `runs`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

import dltool
from dltool.api.overrides import as_overrides
from dltool.training import loop
from tests.training.runs import CLASSIFIER, write_config


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({"train": {"epochs": 3, "seed": 1}}, ["train.epochs=3", "train.seed=1"]),
        ({"train__epochs": 3}, ["train.epochs=3"]),
        ({"train.epochs": 3}, ["train.epochs=3"]),
        ({"loss": "mse", "schedule": None}, ["loss=mse", "schedule=null"]),
        ({"optimizer": {"sgd": {"lr": 1e-3}}}, ["optimizer.sgd.lr=0.001"]),
        ({"model": ["relu", {"dense": 3}]}, ["model=[relu, {dense: 3}]"]),
        ({"data": {"table": {"types": {"my column": "text"}}}}, ["data.table.types={my column: text}"]),
        ({"data": {"table": {"path": Path("a/b.csv")}}}, ["data.table.path=a/b.csv"]),
        ({"class_weights": {}}, ["class_weights={}"]),
        ({"metrics": ("accuracy", "f1")}, ["metrics=[accuracy, f1]"]),
    ],
)
def test_changes_are_those_of_the_command_line(changes: dict[str, Any], written: list[str]):
    assert list(as_overrides(changes)) == written


def test_a_file_and_a_mapping_train_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from_file = dltool.train(write_config(tmp_path), progress=False)
    from_mapping = dltool.train(CLASSIFIER, run_dir="other", progress=False)
    assert from_file.metrics == from_mapping.metrics
    assert from_file.config == from_mapping.config
    assert capsys.readouterr().out == ""
    assert [run.path for run in dltool.runs(".")] == [Path("other"), Path("runs/small")]
    assert {from_file.state, from_mapping.state} == {"finished"}


def test_progress_is_what_the_command_line_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    dltool.train(write_config(tmp_path), train__epochs=1)
    out = capsys.readouterr().out
    assert "epoch 1/1: train loss" in out
    assert "checkpoint runs/small/checkpoints/best.safetensors" in out


def test_a_stopped_training_is_saved_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = dltool.train(write_config(tmp_path), run_dir="whole", progress=False)
    close = loop.Trainer._close_epoch

    def interrupted(trainer: Any) -> None:
        close(trainer)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "_close_epoch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dltool.train(write_config(tmp_path), run_dir="stopped", progress=False)
    (run,) = [run for run in dltool.runs(".") if run.path.name == "stopped"]
    assert (run.state, len(run.history)) == ("signal", 1)
    run = dltool.resume(run, progress=False)
    assert (run.state, run.metrics) == ("finished", whole.metrics)
    assert dltool.resume("stopped", progress=False).state == "finished"
    assert len(dltool.resume(run, train__epochs=5, progress=False).history) == 5


@pytest.mark.parametrize(
    ("config", "changes", "line"),
    [
        ("small.yaml", {"train__epoch": 3}, "--set train.epoch=3: train.epoch: unknown key; did you mean 'epochs'?"),
        ("small.yml", {}, "small.yml: no such file; did you mean small.yaml?"),
        (CLASSIFIER | {"los": "mse"}, {}, "config: los: unknown key; did you mean 'loss'?"),
        (CLASSIFIER | {"loss": object()}, {}, "config: "),
        ({}, {}, "config: "),
        ("small.yaml", {"loss": object()}, "loss: a value of type object cannot stand in a config"),
        (CLASSIFIER | {"data": {"npz": "none.npz"}}, {}, "data.npz.path: no file 'none.npz'"),
        ("small.yaml", {"run_dir": "small.yaml"}, "small.yaml: "),
        ("small.yaml", {"init_from": "nowhere"}, "--init-from: no file 'nowhere'"),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, config: Any, changes: dict[str, Any], line: str):
    write_config(tmp_path)
    with pytest.raises(dltool.InputError) as caught:
        dltool.train(config, progress=False, **changes)
    assert str(caught.value.problems[0]).startswith(line), str(caught.value)
    assert not Path("runs").exists()
