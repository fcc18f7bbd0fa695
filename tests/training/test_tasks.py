"""Each task from a table to figures: numbers in their own units, labels, weights of classes, weighted sampling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.training.checkpoint import decode

from .runs import RunDirectory, assert_equal_runs, open_run, train, write_config

GENERATOR = np.random.default_rng(11)
ROWS = 400
X = GENERATOR.normal(size=(ROWS, 3))
HIDDEN = {"dense": {"units": 16, "activation": "relu"}}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(**targets: np.ndarray) -> dict[str, Any]:
    """A table of three features and these targets; the last hundred rows are for the test."""
    lines = [",".join(["a", "b", "c", *targets])]
    lines += [",".join(map(str, row)) for row in zip(*X.T, *targets.values(), strict=True)]
    Path("data.csv").write_text("\n".join(lines) + "\n")
    target = list(targets) if len(targets) > 1 else next(iter(targets))
    return {"table": {"path": "data.csv", "target": target}, "split": {"test": {"last": 100}}}


def _trained(changes: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What training and evaluating say."""
    assert main(["train", str(write_config(Path(), changes)), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["eval", told["checkpoint"], "--json"]) == 0
    return told, json.loads(capsys.readouterr().out)


def test_numbers_are_told_in_their_own_units(capsys: pytest.CaptureFixture[str]):
    price, size = 5000 + 1000 * X[:, 0] + 100 * X[:, 1] ** 2, 0.001 * X[:, 2]
    changes = {
        "data": _write(price=price, size=size),
        "model": [HIDDEN, {"dense": {"units": "targets"}}],
        "loss": "mse",
        "metrics": ["rmse", "r2"],
        "optimizer": {"adam": {"lr": 0.01}},
        "train": {"epochs": 30},
    }
    told, found = _trained(changes, capsys)
    assert found["part"] == "test"
    by_name = {row["target"]: row for row in found["per_target"]}
    assert by_name["price"]["rmse"] < 0.3 * price.std()
    assert by_name["size"]["rmse"] < 0.3 * size.std()
    assert by_name["price"]["rmse"] > 1
    assert by_name["size"]["rmse"] < 0.001
    # the loss is that of the numbers trained on: about a standard deviation each
    assert found["loss"] == pytest.approx(1 - told["test"]["r2"], abs=0.1)
    assert told["test"]["rmse"] == pytest.approx(
        np.sqrt(np.mean([row["rmse"] ** 2 for row in by_name.values()])), rel=1e-5
    )
    lines = [json.loads(line) for line in Path("runs/small/metrics.jsonl").read_text().splitlines()]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    assert epochs[0]["train"]["rmse"] > 500
    assert epochs[0]["train"]["loss"] < 3


def test_labels_are_told_one_by_one(capsys: pytest.CaptureFixture[str]):
    rare = (X[:, 1] > 1.2).astype(int)
    changes = {
        "data": _write(left=(X[:, 0] > 0).astype(int), rare=rare),
        "model": [HIDDEN, {"dense": {"units": "targets"}}],
        "loss": {"binary_cross_entropy": {"positive_weight": "balanced"}},
        "metrics": ["f1", "auc", "exact_match", "accuracy"],
        "optimizer": {"adam": {"lr": 0.02}},
        "train": {"epochs": 20},
    }
    told, found = _trained(changes, capsys)
    assert {row["label"]: row["support"] for row in found["per_label"]} == {
        "left": int((X[300:, 0] > 0).sum()),
        "rare": int(rare[300:].sum()),
    }
    assert np.mean([row["f1"] for row in found["per_label"]]) == pytest.approx(told["test"]["f1"])
    assert found["metrics"]["auc"] > 0.95
    assert found["loss"] == pytest.approx(told["test"]["loss"], rel=1e-6)
    assert main(["eval", told["run"]]) == 0
    assert "per label" in capsys.readouterr().out


BALANCED: list[dict[str, Any]] = [
    {"loss": {"cross_entropy": {"class_weights": "balanced"}}},
    {"train": {"sampling": "balanced"}},
    {"loss": "binary_cross_entropy", "model": [{"dense": {"units": 1}}], "train": {"sampling": "balanced"}},
    {"loss": {"binary_cross_entropy": {"positive_weight": "balanced"}}, "model": [{"dense": {"units": 1}}]},
]


@pytest.mark.parametrize("changes", BALANCED, ids=["weights", "sampling", "sampling, binary", "positive weight"])
def test_a_rare_class_is_found_where_it_is_made_to_count(changes: dict[str, Any], capsys: pytest.CaptureFixture[str]):
    chance = 1 / (1 + np.exp(3.5 - 1.5 * X[:, 0]))
    kind = np.where(GENERATOR.random(ROWS) < chance, "yes", "no")
    plain = {
        "data": _write(kind=kind),
        "model": [{"dense": {"units": "classes"}}],
        "metrics": ["recall"],
        "optimizer": {"adam": {"lr": 0.05}},
        "train": {"epochs": 10},
    }
    without, _ = _trained(plain, capsys)
    told, found = _trained({**plain, **changes, "train": {**plain["train"], **changes.get("train", {})}}, capsys)
    assert told["test"]["recall"] > without["test"]["recall"] + 0.2
    assert found["loss"] == pytest.approx(told["test"]["loss"], rel=1e-6)


def test_weights_of_rows_decide_how_often_they_are_seen(capsys: pytest.CaptureFixture[str]):
    # rows of no weight say the contrary of the others
    weight = (np.arange(ROWS) % 2).astype(int)
    kind = np.where((X[:, 0] > 0) == (weight == 1), "yes", "no")
    kind[300:] = np.where(X[300:, 0] > 0, "yes", "no")
    Path("data.csv").write_text(
        "a,w,kind\n" + "".join(f"{x},{w},{k}\n" for x, w, k in zip(X[:, 0], weight, kind, strict=True))
    )
    data = {"table": {"path": "data.csv", "target": "kind"}, "split": {"validation": 0, "test": {"last": 100}}}
    changes = {
        "data": data,
        "model": [{"dense": {"units": "classes"}}],
        "optimizer": {"adam": {"lr": 0.05}},
        "train": {"epochs": 10, "sampling": {"weights": "w"}},
    }
    told, _ = _trained(changes, capsys)
    assert told["test"]["accuracy"] > 0.9
    assert told["train"]["accuracy"] > 0.9  # of the rows that were drawn


def test_drawn_rows_are_the_same_after_a_stop():
    changes = {"train": {"sampling": "balanced", "batch_size": 7}}
    whole, run = open_run(Path(), changes)
    train(whole, run)
    stopped, other = open_run(Path(), changes)
    train(stopped, other, stop_at=11)
    resumed, _ = open_run(Path(), changes)
    train(resumed, other, checkpoint=decode(other.last))
    assert_equal_runs(run, RunDirectory(other.root))
