"""A threshold tuned on the validation part, wherever the network decides: eval, predict, export, resume."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import dltool
from dltool.cli.main import main
from dltool.training.counters import Counters
from dltool.training.saving import find, load
from tests.training.tables import table

ROWS = 600
RANDOM = np.random.default_rng(3)
A, B = RANDOM.normal(size=(2, ROWS))
FRAUD = RANDOM.random(ROWS) < 1 / (1 + np.exp(2.5 - 1.5 * A - B))
CONFIG: dict[str, Any] = {
    "data": {
        "table": {"path": "data.csv", "target": "fraud", "types": {"fraud": "text"}},
        "split": {"validation": 0.3, "test": 0.3},
    },
    "model": [{"dense": {"units": 4, "activation": "relu"}}, {"dense": "classes"}],
    "loss": "cross_entropy",
    "optimizer": {"adam": {"lr": 0.02}},
    "metrics": [{"f1": {"threshold": "best"}}, "accuracy"],
    "train": {"epochs": 4, "seed": 1, "batch_size": 16},
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table("data.csv", {"a": A, "b": B, "fraud": np.where(FRAUD, "yes", "no")})
    Path("config.yaml").write_text(yaml.safe_dump(CONFIG))


def trained(*changes: str) -> None:
    sets = [word for change in changes for word in ("--set", change)]
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet", *sets]) == 0


def evaluated(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["eval", "run", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def rows_of(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("output", ["one for each class", "one for both"])
def test_it_decides_everywhere(output: str, capsys: pytest.CaptureFixture[str]):
    one = output == "one for both"
    trained(*(["loss=binary_cross_entropy", "model[1].units=1"] if one else []))
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    best = Counters.from_arrays(load(find(Path("run")), print).trainer)
    epoch = next(line for line in lines if line["kind"] == "epoch" and line["epoch"] == best.epoch)
    found = evaluated(capsys, "--part", "validation")
    assert found["metrics"]["f1"] == pytest.approx(epoch["validation"]["f1"])
    assert found["metrics"]["accuracy"] == pytest.approx(epoch["validation"]["accuracy"])
    assert found["threshold"] == {"class": "yes", "probability": pytest.approx(best.threshold)}
    assert 0.05 < best.threshold < 0.45
    tested = evaluated(capsys)
    assert tested["metrics"]["f1"] == pytest.approx(lines[-1]["test"]["f1"])
    assert found["per_class"][1]["f1"] == pytest.approx(found["metrics"]["f1"])
    assert main(["predict", "run", "data.csv", "-o", "predictions.csv"]) == 0
    predicted = rows_of("predictions.csv")
    chances = np.array([float(row["probability_yes"]) for row in predicted])
    assert [row["prediction"] for row in predicted] == np.where(chances > best.threshold, "yes", "no").tolist()
    assert (np.array([row["prediction"] for row in predicted]) == "yes").sum() > (chances > 0.5).sum()
    model = dltool.load("run")
    assert model.predict([{"a": A[0], "b": B[0]}])["prediction"].tolist() == [predicted[0]["prediction"]]
    page = Path("run/report.html").read_text()
    told = f"yes is predicted from a probability of {best.threshold:.4g} on"
    assert f"{told} (the best f1 on the validation part)" in page
    capsys.readouterr()
    assert main(["eval", "run"]) == 0
    assert told in capsys.readouterr().out


def test_an_exported_network_decides_alike():
    runtime = pytest.importorskip("onnxruntime")
    trained()
    assert main(["export", "run", "-o", "model.onnx"]) == 0
    assert main(["predict", "run", "data.csv", "-o", "predictions.csv"]) == 0
    session = runtime.InferenceSession("model.onnx")
    made, _ = session.run(["prediction", "probabilities"], {"a": A, "b": B})
    assert made.tolist() == [row["prediction"] for row in rows_of("predictions.csv")]
    assert main(["export", "run", "-o", "model.c"]) == 0
    assert "'yes' is predicted from a probability of 0." in Path("model.c").read_text()


def test_a_given_threshold_is_one_of_the_positive_class(capsys: pytest.CaptureFixture[str]):
    trained("metrics=[{f1: {threshold: 0.3, positive: no}}]")
    assert main(["predict", "run", "data.csv", "-o", "predictions.csv"]) == 0
    predicted = rows_of("predictions.csv")
    chances = np.array([float(row["probability_no"]) for row in predicted])
    assert [row["prediction"] for row in predicted] == np.where(chances >= 0.3, "no", "yes").tolist()
    assert evaluated(capsys)["threshold"] == {"class": "no", "probability": pytest.approx(0.3)}


def test_probabilities_loss_and_auc_stay_what_they_are(capsys: pytest.CaptureFixture[str]):
    trained("metrics=[auc, {f1: {threshold: best}}]", "train.monitor=validation.auc")
    tuned = evaluated(capsys)
    assert main(["train", "config.yaml", "--run-dir", "plain", "--quiet", "--set", "metrics=[auc]"]) == 0
    capsys.readouterr()
    assert main(["eval", "plain", "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (tuned["loss"], tuned["metrics"]["auc"]) == (plain["loss"], plain["metrics"]["auc"])
    assert tuned["baselines"] == {
        name: {key: value for key, value in of.items() if key != "f1"} | {"f1": tuned["baselines"][name]["f1"]}
        for name, of in plain["baselines"].items()
    }


def test_a_checkpoint_of_before_has_none():
    arrays = Counters(step=3).arrays()
    del arrays["threshold"]
    assert np.isnan(Counters.from_arrays(arrays).threshold)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            ["data.split.validation=0"],
            "metrics[0]: the best threshold is found on the validation part, which is",
        ),
        (
            ["metrics=[{f1: {threshold: 0.2}}, {f1: {threshold: 0.5}}]"],
            "metrics[1]: 'f1' has a threshold already",
        ),
        (["metrics=[{f1: {threshold: 0.2, average: macro}}]"], "a threshold decides for one class"),
        (["metrics=[{f1: {threshold: bst}}]"], "did you mean 'best'?"),
        (["metrics=[{f1: {threshold: 1.5}}]"], "a number above 0 and below 1"),
    ],
)
def test_mistakes_are_told(changes: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    sets = [word for change in changes for word in ("--set", change)]
    assert main(["train", "config.yaml", *sets]) == 2
    assert message in capsys.readouterr().err
    assert not Path("runs").exists()
