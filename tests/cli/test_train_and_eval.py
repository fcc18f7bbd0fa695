"""`dltool train` and `dltool eval` as a user meets them: output, exit codes, and what is on disk afterwards."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from dltool.cli.main import main
from dltool.training.checkpoint import decode
from tests.training.runs import NUMBERS, write_config


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_writes_lines_and_the_next_command(home, capsys):
    assert main(["train", str(write_config(home))]) == 0
    out = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("compil")]
    assert out[0].startswith("small: 75 parameters, rows: 63 train, 18 validation, 9 test, ")
    assert [line.partition(":")[0] for line in out if line.startswith("epoch ")] == [
        "epoch 1/3",
        "epoch 2/3",
        "epoch 3/3",
    ]
    assert out[-3].split() == ["checkpoint", "runs/small/checkpoints/best.safetensors"]
    assert out[-2].split() == ["report", "runs/small/report.html"]
    assert out[-1].split() == ["next", "dltool", "eval", "runs/small"]
    assert main(["train", str(write_config(home)), "--quiet"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("finished after 3 epochs · best epoch 1: test loss ")
    assert line.endswith("runs/small-2/checkpoints/best.safetensors")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_before_the_training_has_a_line_and_leaves_nothing(home, capsys, monkeypatch, number, code):
    monkeypatch.setattr("dltool.cli.commands.train.open_job", lambda *_, **__: os.kill(os.getpid(), number))
    path = str(write_config(home))
    try:
        ended = main(["train", path])
    except SystemExit as exit_:
        ended = exit_.code
    assert ended == code
    assert capsys.readouterr().err == f"stopped by {number.name}\n"
    assert not (home / "runs").exists()


def test_train_as_json_is_one_object(home, capsys):
    assert main(["train", str(write_config(home)), "--json", "--threads", "2"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result.keys() == {
        "run",
        "reason",
        "epochs",
        "steps",
        "train",
        "validation",
        "test",
        "positive_class",
        "best",
        "baselines",
        "weights",
        "seconds",
        "compile_seconds",
        "checkpoint",
        "report",
        "warnings",
    }
    assert (result["run"], result["epochs"], result["steps"]) == ("runs/small", 3, 24)
    assert result["weights"] == f"epoch {result['best']['epoch']}'s"
    assert (result["positive_class"], result["warnings"]) == ({}, [])
    assert result["test"].keys() == result["validation"].keys() == {"loss", "accuracy"}


def test_the_resolved_config_trains_the_same_again(home, capsys):
    assert main(["train", str(write_config(home)), "--set", "optimizer.lr=0.01", "--quiet"]) == 0
    assert main(["train", "runs/small/config.yaml", "--quiet"]) == 0
    first, second = (decode(home / "runs" / name / "checkpoints" / "last.safetensors") for name in ("small", "small-2"))
    assert first.config == second.config
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(second.arrays[name], array)


def test_the_reference_kernels_train_to_nearly_the_same(home, capsys):
    assert main(["train", str(write_config(home)), "--json"]) == 0
    fast = json.loads(capsys.readouterr().out)
    assert main(["train", str(write_config(home)), "--json", "--debug"]) == 0
    slow = json.loads(capsys.readouterr().out)
    for part in ("train", "validation", "test"):
        assert slow[part]["loss"] == pytest.approx(fast[part]["loss"], rel=1e-4)


BAD = {
    "diverging": ({"optimizer": {"sgd": {"lr": 1e25}}, "train": {"epochs": 9}}, [], 1, "error: diverged: the loss is "),
    "all dropped": (
        {"train": {"batch_size": 100, "last_batch": "drop"}},
        [],
        2,
        "train.last_batch: drops all rows",
    ),
    "a matrix watched": (
        {"metrics": ["confusion_matrix"]},
        ["--set", "train.monitor=train.confusion_matrix"],
        2,
        "monitor",
    ),
    "no momentum to cycle": (
        {"compat": "torch", "schedule": "one_cycle", "optimizer": {"sgd": 0.1}, "train": {}},
        [],
        2,
        "schedule: 'one_cycle' cycles the momentum, but 'sgd' has none; give it one, such as momentum: 0.9, or say"
        " cycle_momentum: false",
    ),
    "no start": ({}, ["--init-from", "nowhere.safetensors"], 2, "--init-from: no file 'nowhere.safetensors'"),
    "run taken": ({}, ["--run-dir", "."], 2, "the directory is not empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_failures_are_one_line(home, capsys, name):
    changes, options, code, message = BAD[name]
    assert main(["train", str(write_config(home, changes)), *options]) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    if code == 2:
        assert [path.name for path in home.iterdir()] == ["small.yaml"]


def test_parameters_to_start_from(home, capsys):
    config = str(write_config(home))
    assert main(["train", config, "--quiet"]) == 0
    arrays = decode(home / "runs/small/checkpoints/last.safetensors").arrays
    frozen = ["--set", "optimizer={sgd: {lr: 1.0e-30}}", "--set", "train.epochs=1", "--quiet"]
    assert main(["train", config, "--init-from", "runs/small/checkpoints/last.safetensors", *frozen]) == 0
    started = decode(home / "runs/small-2/checkpoints/last.safetensors").arrays
    assert started.keys() == {"dense_1.weight", "dense_1.bias", "dense_2.weight", "dense_2.bias"}
    for name, array in started.items():
        np.testing.assert_array_equal(array, arrays[name])
    capsys.readouterr()
    save_file({"dense_1.weight": np.ones((5, 9), np.float32), "head.bias": np.ones(3, np.float32)}, "other.safetensors")
    assert main(["train", config, "--init-from", "other.safetensors", *frozen]) == 2
    assert capsys.readouterr().err == (
        f"error: {home}/other.safetensors: nothing matches by name and shape; 'dense_1.weight' is 5×9 in the "
        "checkpoint and 5×8 in the network; it has dense_1.weight, head.bias; the network has dense_1.weight, "
        "dense_1.bias, dense_2.weight, dense_2.bias\n"
    )
    assert not (home / "runs/small-3").exists()


@pytest.mark.parametrize("average", [None, 0.5])
def test_eval_finds_what_training_found(home, capsys, average):
    assert main(["train", str(write_config(home, {"train": {"ema_decay": average}})), "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert main(["eval", "runs/small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["part"], found["rows"], found["epoch"]) == ("test", 9, trained["best"]["epoch"])
    assert found["checkpoint"] == trained["checkpoint"]
    assert {"loss": found["loss"], **found["metrics"]} == pytest.approx(trained["test"], rel=1e-6)
    assert found["classes"] == ["0", "1", "2"]
    assert np.sum(found["confusion_matrix"]) == 9
    assert np.trace(found["confusion_matrix"]) / 9 == pytest.approx(found["metrics"]["accuracy"])
    assert [row.keys() for row in found["per_class"]] == [{"class", "precision", "recall", "f1", "support"}] * 3


def test_eval_shows_tables(home, capsys):
    assert main(["train", str(write_config(home)), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["eval", "runs/small"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("runs/small/checkpoints/best.safetensors: after epoch ")
    assert "test part, 9 rows: loss " in out
    assert "per class" in out
    assert "confusion matrix" in out


def test_eval_of_numbers_tells_each_target(home, capsys):
    changes = {"data": NUMBERS, "model": [{"dense": {"units": "targets"}}], "loss": "mse", "metrics": []}
    assert main(["train", str(write_config(home, changes)), "--json"]) == 0
    capsys.readouterr()
    assert main(["eval", "runs/small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["part"] == "validation"
    assert [row["target"] for row in found["per_target"]] == ["target_0", "target_1"]
    assert np.mean([row["mae"] for row in found["per_target"]]) == pytest.approx(found["metrics"]["mae"])
    assert found["metrics"]["rmse"] ** 2 == pytest.approx(found["loss"], rel=1e-5)


def test_eval_needs_only_the_test_file(home, capsys):
    for name, rows in (("train", 40), ("test", 10)):
        generator = np.random.default_rng(rows)
        np.savez(home / f"{name}.npz", x=generator.normal(size=(rows, 5)).astype(np.float32), y=np.arange(rows) % 3)
    data = {
        "npz": {"path": "train.npz", "features": "x", "targets": "y"},
        "test": {"npz": {"path": "test.npz", "features": "x", "targets": "y"}},
        "scaling": "standard",
    }
    assert main(["train", str(write_config(home, {"data": data})), "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    (home / "train.npz").unlink()
    assert main(["eval", "runs/small", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loss"] == pytest.approx(trained["test"]["loss"], rel=1e-6)
    (home / "test.npz").unlink()
    assert main(["eval", "runs/small"]) == 2
    assert "test.npz" in capsys.readouterr().err


def test_eval_of_something_else(home, capsys):
    (home / "notes.txt").write_text(yaml.safe_dump({"a": 1}))
    assert main(["eval", "notes.txt"]) == 2
    assert capsys.readouterr().err.startswith("error: notes.txt: not a safetensors file (")
    assert main(["eval", "."]) == 2
    assert "no checkpoint in this directory (best.safetensors or last.safetensors)" in capsys.readouterr().err
