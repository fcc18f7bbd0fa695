"""What is told of figures: the same metric twice, the class that one is about, and whose parameters they are of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main

from .runs import write_config

F1 = {"metrics": [{"f1": "macro"}, {"f1": "micro"}, "auc"]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table in which one of ten rows is fraud, which comes first in the alphabet."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(4).normal(size=(300, 2))
    kind = np.where(x[:, 0] > 1.3, "fraud", "legit")
    rows = "".join(f"{a:.4f},{b:.4f},{k}\n" for (a, b), k in zip(x, kind, strict=True))
    Path("data.csv").write_text(f"a,b,kind\n{rows}")
    return tmp_path


def fraud(**changes: Any) -> dict[str, Any]:
    return {
        "data": {"table": {"path": "data.csv", "target": "kind"}, "split": {"validation": 0.2, "test": 0.2}},
        "optimizer": {"adam": 0.05},
        "metrics": ["f1", "recall", "accuracy"],
        "train": {"epochs": 5},
        **changes,
    }


def test_one_metric_can_stand_in_the_list_twice(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopping = {"monitor": "validation.f1_micro", "patience": 2}
    config = str(write_config(home, {**F1, "early_stopping": stopping, "train": {"monitor": "validation.f1_macro"}}))
    assert main(["train", config, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result["test"]) == ["loss", "f1_macro", "f1_micro", "auc"]
    assert result["best"]["monitor"] == "validation.f1_macro"
    assert list(result["baselines"]["linear"]) == ["f1_macro", "f1_micro", "auc"]
    assert main(["eval", "runs/small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["metrics"]) == ["f1_macro", "f1_micro", "auc", "accuracy"]
    assert found["metrics"]["f1_micro"] == found["metrics"]["accuracy"]
    assert found["metrics"]["f1_macro"] == pytest.approx(np.mean([row["f1"] for row in found["per_class"]]))
    page = Path("runs/small/report.html").read_text()
    assert "f1_macro" in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ["f1", "f1"]}, "metrics[1]: 'f1' is already in the list"),
        (
            {**F1, "train": {"monitor": "validation.f1"}},
            "'f1' is in the list more than once: validation.f1_macro, validation.f1_mi",
        ),
        (
            {"metrics": [{"f1": {"positive": "3"}}]},
            "f1 has positive '3', which is not one of the classes; allowed: 0, 1, 2",
        ),
    ],
)
def test_what_does_not_fit(
    changes: dict[str, Any], message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(write_config(home, {"train": {}, **changes}))]) == 2
    assert message in capsys.readouterr().err


def test_the_class_stands_beside_the_figure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(write_config(home, fraud()))
    assert main(["train", config]) == 0
    out = capsys.readouterr().out
    assert "train loss" in out
    assert sum("f1 (fraud) " in line for line in out.splitlines()) >= 5 + 3
    assert main(["eval", "runs/small"]) == 0
    out = capsys.readouterr().out
    assert "f1 (fraud) " in out.splitlines()[1]
    assert "calibration of the probability of 'fraud'" in out
    assert main(["eval", "runs/small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["positive_class"] == {"f1": "fraud", "recall": "fraud"}
    per_class = {row["class"]: row for row in found["per_class"]}
    assert found["metrics"]["recall"] == pytest.approx(per_class["fraud"]["recall"])
    lines = [json.loads(line) for line in Path("runs/small/metrics.jsonl").read_text().splitlines()]
    assert {str(line.get("positive_class")) for line in lines if line["kind"] == "epoch"} == {
        str(found["positive_class"])
    }
    page = Path("runs/small/report.html").read_text()
    assert "f1 (fraud)" in page


def test_another_class_can_be_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(write_config(home, fraud(metrics=[{"f1": {"positive": "legit"}}])))
    assert main(["train", config, "--quiet"]) == 0
    assert " f1 (legit) " in capsys.readouterr().out


@pytest.mark.parametrize("option", ["", "--quiet", "--json"])
def test_figures_are_those_of_the_checkpoint_beside_them(
    option: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last epochs of this training are not its best ones."""
    changes = {"optimizer": {"sgd": {"lr": 3.0}}, "metrics": [], "train": {"epochs": 8}}
    assert main(["train", str(write_config(home, changes)), *([option] if option else [])]) == 0
    told = capsys.readouterr().out
    assert main(["eval", "runs/small", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert 0 < found["epoch"] < 8
    (end,) = [json.loads(line) for line in Path("runs/small/metrics.jsonl").read_text().splitlines()][-1:]
    assert (end["test_of_epoch"], end["test"]["loss"]) == (found["epoch"], pytest.approx(found["loss"], rel=1e-6))
    if option == "--json":
        result = json.loads(told)
        assert result["test"]["loss"] == pytest.approx(found["loss"], rel=1e-6)
        assert (result["checkpoint"], result["weights"]) == (found["checkpoint"], f"epoch {found['epoch']}'s")
    else:
        assert f"loss {found['loss']:.4f}" in told
        assert (f"best epoch {found['epoch']}: test" if option else f"(epoch {found['epoch']})") in told
        assert found["checkpoint"] in told
