"""Classes in order: their probabilities, against scikit-learn's logistic regressions, and how the order is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from dltool.cli.main import main

ORDER = ["bad", "good", "fine", "best"]
ROWS = 160


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Two features (n, 2) and the ranks (n,) that follow from them, with much noise."""
    random = np.random.default_rng(3)
    x = random.normal(size=(ROWS, 2)).round(4)
    return x, np.digitize(x @ [1.0, -0.7] + random.logistic(size=ROWS), [-1, 0, 1.5])


def train(*options: str, names: list[str] = ORDER, **fields: Any) -> int:
    x, ranks = data()
    rows = [f"{a},{b},{names[rank]}" for (a, b), rank in zip(x, ranks, strict=True)]
    Path("data.csv").write_text("\n".join(["a,b,quality", *rows]) + "\n")
    config = {
        "data": {"table": {"path": "data.csv", "target": "quality", **fields}, "split": {"validation": 0}},
        "model": [{"dense": "classes"}],
        "loss": "ordinal",
        "optimizer": {"adam": 0.05},
        "metrics": ["rank_mae", "accuracy", {"cohen_kappa": "quadratic"}],
        "train": {"epochs": 300, "batch_size": ROWS, "log_every": 1000},
    }
    Path("config.yaml").write_text(yaml.safe_dump(config))
    return main(["train", "config.yaml", "--run-dir", "run", *options])


def by_scikit_learn() -> np.ndarray:
    """Probabilities (n, 4) of a chain of regressions: beyond class k, of the rows that are at least class k."""
    x, ranks = data()
    beyond = np.ones(ROWS)
    chances = []
    for rank in range(3):
        there = ranks >= rank
        fitted = LogisticRegression(C=1e6, tol=1e-8).fit(x[there], ranks[there] > rank)
        step = fitted.predict_proba(x)[:, 1]
        chances.append(beyond * (1 - step))
        beyond = beyond * step
    return np.stack([*chances, beyond], axis=1)


def test_a_linear_network_is_a_chain_of_logistic_regressions(capsys: pytest.CaptureFixture[str]):
    assert train("--quiet", class_order=ORDER) == 0
    assert main(["predict", "run/checkpoints/last.safetensors", "data.csv", "-o", "out.csv"]) == 0
    header, *lines = Path("out.csv").read_text().splitlines()
    assert header == "prediction,probability_bad,probability_good,probability_fine,probability_best"
    chances = np.array([line.split(",")[1:] for line in lines], float)
    np.testing.assert_allclose(chances, by_scikit_learn(), atol=2e-3)
    assert [line.split(",")[0] for line in lines] == [ORDER[best] for best in chances.argmax(axis=1)]
    capsys.readouterr()
    assert main(["eval", "run/checkpoints/last.safetensors", "data.csv", "--json"]) == 0
    found, (_, ranks) = json.loads(capsys.readouterr().out), data()
    assert found["loss"] == pytest.approx(-np.log(chances[range(ROWS), ranks]).mean(), rel=1e-5)
    assert found["metrics"]["rank_mae"] == pytest.approx(np.abs(chances.argmax(axis=1) - ranks).mean())


@pytest.mark.parametrize("ending", ["onnx", "c"])
def test_exports_give_the_same_probabilities(ending: str, capsys: pytest.CaptureFixture[str]):
    assert train("--quiet", "--set", "train.epochs=2", class_order=ORDER) == 0
    assert main(["export", "run", "-o", f"network.{ending}"]) == 0  # keeps a file only if its outputs agree
    assert "differ from dltool's by at most" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "order", "warned"),
    [(ORDER, {}, True), (ORDER, {"class_order": ORDER}, False), ([*"1234"], {}, False)],
    ids=["by the alphabet", "given", "numbers"],
)
def test_an_order_that_is_only_guessed_is_said(
    names: list[str], order: dict[str, Any], warned: bool, capsys: pytest.CaptureFixture[str]
):
    assert train("--set", "train.epochs=1", names=names, **order) == 0
    told = "'ordinal' takes the classes in the order of the alphabet, bad, best, fine, good; give another"
    assert (told in capsys.readouterr().out) == warned


FAULTS: list[tuple[dict[str, Any], str]] = [
    (
        {"class_order": ["bad", "goood", "fine", "best"]},
        "the class 'good' is not in class_order; did you mean 'goood'?",
    ),
    ({"class_order": ["bad"]}, "expected at least two classes in 'class_order', each of them once"),
    ({"class_order": [*ORDER, "bad"]}, "expected at least two classes in 'class_order', each of them once"),
    ({"class_order": ORDER, "task": "numbers"}, "'class_order' is for one target column of classes"),
]


@pytest.mark.parametrize(("fields", "line"), FAULTS)
def test_orders_that_cannot_be(fields: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]):
    assert train("--quiet", **fields) == 2
    assert line in capsys.readouterr().err


def test_a_network_with_an_output_for_each_class_is_refused(capsys: pytest.CaptureFixture[str]):
    assert train("--quiet", "--set", "model[0].dense.units=4", class_order=ORDER) == 2
    assert "ordinal needs 3 outputs, one for each class but the last" in capsys.readouterr().err
