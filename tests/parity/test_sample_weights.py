"""Samples count in each loss as in PyTorch, on every backend, and an evaluation's loss is scikit-learn's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from dltool.cli.main import main

from .sample_weights import BATCH, CASES, EPOCHS, FEATURES, GOLDEN, RATE, data

RECORDED = json.loads(GOLDEN.read_text())


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backend", [[], ["--debug"]], ids=["cpu", "reference"])
def test_weights_of_samples_are_pytorch_s(name: str, backend: list[str]):
    _train(name, backend)
    _require_recorded(name)


@pytest.mark.parametrize("name", ["focal", "huber"])
def test_weights_of_samples_are_pytorch_s_on_xla(name: str):
    _train(name, ["--set", "train.device=xla"])
    _require_recorded(name)


def _require_recorded(name: str) -> None:
    recorded = RECORDED[name]
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if line["kind"] == "step"]
    parameters = load_file("run/checkpoints/last.safetensors")
    np.testing.assert_allclose(losses, recorded["losses"], rtol=2e-5)
    np.testing.assert_allclose(parameters["dense_1.weight"], recorded["weight"], atol=2e-6)
    np.testing.assert_allclose(parameters["dense_1.bias"], recorded["bias"], atol=2e-6)


def test_an_evaluation_averages_by_weight_as_scikit_learn(capsys: pytest.CaptureFixture[str]):
    from sklearn.metrics import accuracy_score, log_loss

    _train("cross_entropy", [])
    assert main(["predict", "run/checkpoints/last.safetensors", "features.csv", "-o", "out.csv"]) == 0
    capsys.readouterr()
    assert main(["eval", "run/checkpoints/last.safetensors", "data.csv", "--json"]) == 0
    found, given = json.loads(capsys.readouterr().out), data()
    chances = np.loadtxt("out.csv", delimiter=",", skiprows=1, usecols=(1, 2, 3))
    chances /= chances.sum(axis=1, keepdims=True)  # as exactly as scikit-learn wants them
    assert found["loss"] == pytest.approx(log_loss(given["label"], chances, sample_weight=given["weight"]), rel=1e-5)
    assert found["loss"] == pytest.approx(RECORDED["cross_entropy"]["whole"], rel=1e-5)
    accuracy = accuracy_score(given["label"], chances.argmax(axis=1))  # every row counts once
    assert found["metrics"]["accuracy"] == pytest.approx(accuracy)


def test_an_evaluation_needs_the_weights_and_a_prediction_does_not(capsys: pytest.CaptureFixture[str]):
    _train("mse", [])
    given = data()
    _write("unweighted.csv", {**_features(given), "first": given["first"], "second": given["second"]})
    assert main(["predict", "run", "features.csv", "-o", "out.csv"]) == 0
    assert main(["eval", "run", "unweighted.csv"]) == 2
    assert "unweighted.csv: no column 'weight'" in capsys.readouterr().err


def test_rows_of_equal_weight_are_trained_on_bit_for_bit_as_without():
    given = {**data(), "weight": np.full(36, 4.0)}
    _train("smoothed", [], given)
    Path("run").rename("weighted")
    _train("smoothed", [], given, weight=None)
    with_weights, without = (load_file(f"{run}/checkpoints/last.safetensors") for run in ("weighted", "run"))
    assert (with_weights["dense_1.weight"] == without["dense_1.weight"]).all()


def _train(
    name: str, options: list[str], given: dict[str, np.ndarray] | None = None, *, weight: str | None = "weight"
) -> None:
    given = given or data()
    loss, names, outputs = CASES[name]
    _write("data.csv", {**_features(given), **{name: given[name] for name in (*names, "weight")}})
    _write("features.csv", _features(given))
    start = {"dense_1.weight": given["start"][:, :outputs], "dense_1.bias": np.zeros(outputs, np.float32)}
    save_file({name: np.ascontiguousarray(array) for name, array in start.items()}, "init.safetensors")
    table = {"path": "data.csv", "target": names if len(names) > 1 else names[0], "weight": weight}
    table |= {"exclude": []} if weight else {"exclude": ["weight"]}
    config = {
        "data": {"table": table, "split": {"validation": 0}, "scaling": "none", "target_scaling": "none"},
        "model": [{"dense": outputs}],
        "loss": loss,
        "optimizer": {"sgd": RATE},
        "train": {"epochs": EPOCHS, "batch_size": BATCH, "shuffle": False, "log_every": 1},
    }
    Path("config.yaml").write_text(yaml.safe_dump(config))
    command = ["train", "config.yaml", "--run-dir", "run", "--init-from", "init.safetensors", "--quiet"]
    assert main([*command, *options]) == 0


def _features(given: dict[str, np.ndarray]) -> dict[str, Any]:
    return {f"x{i}": given["x"][:, i] for i in range(FEATURES)}


def _write(name: str, columns: dict[str, Any]) -> None:
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    Path(name).write_text("\n".join(lines) + "\n")
