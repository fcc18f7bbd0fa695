"""Baselines: constants and linear models are what textbooks say, are bounded, and tell whether a network beats them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField
from dltool.metrics.hits import Accuracy
from dltool.metrics.numbers import MeanAbsoluteError, RootMeanSquaredError
from dltool.training import baselines, linear
from dltool.training.baselines import Baselines, Comparison, remark
from dltool.training.checkpoint import decode
from dltool.training.lbfgs import minimum
from dltool.training.linear import fit_linear

from .runs import NUMBERS, write_config

ROWS = 600


@dataclass(frozen=True)
class Data:
    """What baselines ask of a signature."""

    task: str = "classes"
    classes: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ("y",)
    codes: tuple[CodeField, ...] = ()
    feature_shape: tuple[int, ...] = (3,)
    unit: float = 1.0
    forecast: None = None
    threshold: None = None
    class_shares: Mapping[str, float] = field(default_factory=dict)

    def own_units(self, numbers, targets=None):
        return numbers * self.unit if self.task == "numbers" else numbers

    def known(self, targets):
        return self.own_units(targets)

    def series(self, targets):
        return None


def numbers(columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ROWS, columns)).astype(np.float32)


def no_codes() -> np.ndarray:
    return np.empty((ROWS, 0), np.int32)


def test_least_squares_is_exact_whatever_the_scale():
    x = numbers(3) * np.float32([1, 1e30, 0.01]) + np.float32([0, 5e30, 1])
    x = np.concatenate([x, x[:, :1], np.full((ROWS, 1), 7, np.float32)], axis=1)  # one column twice, one constant
    y = x[:, :3].astype(np.float64) @ [[2, 1], [3e-30, 0], [500, -100]] + [1, 2]
    model = fit_linear(Samples(x, y, no_codes()), (), y, "identity")
    np.testing.assert_allclose(model.outputs(Samples(x, y, no_codes()), ()), y, rtol=0.01, atol=0.05)


def test_logistic_regression_finds_the_weights():
    x = numbers(3)
    weights = np.array([[0, 2, -1], [0, -1, 1], [0, 0, 3]], float)
    chances = np.exp(x @ weights) / np.exp(x @ weights).sum(axis=1, keepdims=True)
    y = np.array([np.random.default_rng(row).choice(3, p=one) for row, one in enumerate(chances)])
    part = Samples(x, y, no_codes())
    model = fit_linear(part, (), np.eye(3)[y], "softmax")
    found = model.weight - model.weight[:, :1]  # only differences between classes mean anything
    np.testing.assert_allclose(found, weights, atol=0.6)
    outputs = model.outputs(part, ())
    predictions = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    # the score equations: where the loss is smallest, predicted and observed sums agree
    np.testing.assert_allclose(predictions.sum(axis=0), np.bincount(y), rtol=1e-3)
    np.testing.assert_allclose(x.T @ predictions, x.T @ np.eye(3)[y], atol=6)


CODES = {
    "categories": (1, 4, 128),
    "many categories": (1, 4, 2),  # as rows of a table, for which small fields are taken where they are few
    "words": (5, 4, 128),
}


@pytest.mark.parametrize("name", CODES)
def test_codes_have_weights_of_their_own(monkeypatch, name):
    length, size, small = CODES[name]
    monkeypatch.setattr(linear, "SMALL", small)
    codes = np.random.default_rng(1).integers(-1, size, (ROWS, length + 1)).astype(np.int32)
    fields = (CodeField("other", 0, 1, size, None), CodeField("own", 1, length, size, 8))
    worth = np.array([3.0, -2, 0, 5])
    own = codes[:, 1:]
    count = np.maximum((own >= 0).sum(axis=1), 1)
    y = (np.where(own >= 0, worth[np.maximum(own, 0)], 0).sum(axis=1) / np.sqrt(count) + 1)[:, None]
    part = Samples(np.empty((ROWS, 0), np.float32), y, codes)
    model = fit_linear(part, fields, y, "identity")
    assert model.table.shape == (2 * size, 1)
    np.testing.assert_allclose(model.outputs(part, fields), y, atol=0.25)


def test_the_search_ends_at_the_minimum():
    curvature = np.diag([1.0, 100, 0.01])
    found = minimum(lambda at: (0.5 * (at - 3) @ curvature @ (at - 3), curvature @ (at - 3)), np.zeros(3))
    np.testing.assert_allclose(found, 3, atol=0.1)


def test_constants_are_in_the_units_of_the_target():
    y = np.float32([[0], [0], [1], [9]])
    part = Samples(np.zeros((4, 3), np.float32), y, np.empty((4, 0), np.int32))
    signature = Data(task="numbers", unit=10.0)
    compared = Comparison(Baselines.fitted(part, signature), [MeanAbsoluteError(), RootMeanSquaredError()])
    compared.add(part)
    trivial = compared.result()["trivial"]
    assert trivial["mae"] == pytest.approx(10 * (0.5 + 0.5 + 0.5 + 8.5) / 4)  # of the median, 0.5
    assert trivial["rmse"] == pytest.approx(10 * np.std(y))  # of the mean


def test_a_large_part_is_sampled_everywhere(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_ROWS", 64)
    monkeypatch.setattr(baselines, "LEAST_ROWS", 16)
    y = np.arange(ROWS) % 5 // 4
    part = Samples(numbers(3), y, no_codes())
    found = Baselines.fitted(part, Data(classes=("a", "b")))
    np.testing.assert_allclose(found.arrays["mean"], [0.8, 0.2], atol=0.05)


def test_too_many_inputs_leave_the_constant_alone(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_PARAMETERS", 5)
    found = Baselines.fitted(Samples(numbers(3), np.arange(ROWS) % 2, no_codes()), Data(classes=("a", "b")))
    compared = Comparison(found, [Accuracy()])
    compared.add(Samples(numbers(3), np.zeros(ROWS, np.int64), no_codes()))
    assert compared.result() == {"trivial": {"accuracy": 1.0}}


REMARKS = {
    "better than both": ([Accuracy()], {"accuracy": 0.9}, {"trivial": 0.5, "linear": 0.8}, ""),
    "as good": ([Accuracy()], {"accuracy": 0.8}, {"trivial": 0.5, "linear": 0.8}, ""),
    "worse than one": (
        [Accuracy()],
        {"accuracy": 0.7},
        {"trivial": 0.5, "linear": 0.8},
        "a linear model of the same inputs does better than the network: accuracy 0.8 against 0.7",
    ),
    "worse than a constant": (
        [MeanAbsoluteError()],
        {"mae": 4.0},
        {"trivial": 3.5},
        "a trivial prediction does better than the network: mae 3.5 against 4",
    ),
    "nothing to compare": ([Accuracy()], {"accuracy": 0.7}, {}, ""),
}


@pytest.mark.parametrize("name", REMARKS)
def test_losing_to_a_baseline_is_said(name):
    metrics, figures, models, text = REMARKS[name]
    assert remark(metrics, figures, {model: {metrics[0].yaml_name: value} for model, value in models.items()}) == text


def test_a_run_keeps_and_shows_its_baselines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(write_config(tmp_path)), "--json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert {name: metrics.keys() for name, metrics in trained["baselines"].items()} == {
        "trivial": {"accuracy"},
        "linear": {"accuracy"},
    }
    kept = decode(tmp_path / "runs/small/checkpoints/last.safetensors").trainer
    assert {name for name in kept if name.startswith("baseline/")} == {
        f"baseline/{name}" for name in ("mean", "weight", "table", "bias")
    }
    assert main(["eval", "runs/small", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["baselines"] == trained["baselines"]
    assert main(["eval", "runs/small"]) == 0
    assert "network  trivial  linear" in capsys.readouterr().out
    changes = {"data": NUMBERS, "model": [{"dense": {"units": "targets"}}], "loss": "mse", "metrics": ["rmse"]}
    changes["optimizer"] = {"sgd": {"lr": 1e-30}}
    assert main(["train", str(write_config(tmp_path, changes))]) == 0
    out = capsys.readouterr().out
    assert "\ntrivial    rmse " in out
    assert "note       a trivial prediction does better than the network: rmse " in out


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_of_a_series_the_last_value_is_a_baseline(tmp_path, monkeypatch, capsys, scaling):
    monkeypatch.chdir(tmp_path)
    walk = 1000 + np.cumsum(np.random.default_rng(0).normal(size=200))
    (tmp_path / "walk.csv").write_text("other,value\n" + "".join(f"{row},{value}\n" for row, value in enumerate(walk)))
    data = {
        "windows": {"path": "walk.csv", "target": "value", "columns": ["other", "value"], "length": 5, "horizon": 3},
        "split": {"train": {"first": 100}, "validation": {"last": 50}},
        "scaling": scaling,
    }
    changes = {"data": data, "model": ["flatten", {"dense": "targets"}], "loss": "mse", "metrics": ["rmse"]}
    assert main(["train", str(write_config(tmp_path, changes)), "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["baselines"]["last value"]
    assert last["rmse"] == pytest.approx(np.sqrt(np.mean((walk[-50:] - walk[-53:-3]) ** 2)), rel=1e-4)
    assert main(["predict", "runs/small", "walk.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "last_row,prediction"
    assert [line.partition(",")[0] for line in lines[1:]] == [str(row) for row in range(5, 201)]
