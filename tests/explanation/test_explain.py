"""`dltool explain` on data whose answer is known: what decides the target matters, and noise does not."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.data.dataset.opening import open_dataset
from dltool.explanation.dependence import dependence
from dltool.explanation.examples import varied
from dltool.explanation.groups import columns
from dltool.explanation.of_checkpoint import explain_checkpoint
from dltool.training.prediction import Predictor
from dltool.training.saving import find, load
from tests.training.tables import table

ROWS = 400
RANDOM = np.random.default_rng(0)
SIGNAL, NOISE = RANDOM.normal(size=(2, ROWS))
CLASSIFIER = [{"dense": {"units": 16, "activation": "relu"}}, {"dense": "classes"}]
COLUMNS = {
    "noise": NOISE,
    "signal": SIGNAL,
    "town": np.array(["Ulm", "Bonn", "Jena"])[RANDOM.integers(0, 3, ROWS)],
    "day": [str(np.datetime64("2024-01-01") + row % 90) for row in range(ROWS)],
    "kind": np.array(["down", "up"])[(SIGNAL > 0).astype(int)],
    "price": 1000 + 100 * SIGNAL,
}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def trained(data: dict[str, Any], model: list[Any] = CLASSIFIER, loss: Any = "cross_entropy", **train: Any) -> None:
    """A run in the directory "run"."""
    config = {"data": data, "model": model, "loss": loss, "optimizer": {"adam": {"lr": 0.02}}}
    config["train"] = {"epochs": 15, "batch_size": 16, "seed": 1} | train
    Path("config.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0


def of_table(target: str, features: tuple[str, ...] = ("noise", "signal", "town", "day")) -> dict[str, Any]:
    table("data.csv", {name: COLUMNS[name] for name in (*features, target)})
    return {"table": {"path": "data.csv", "target": target}, "split": {"validation": 0.4}}


def told(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["explain", "run", "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_column_that_decides_has_all_the_importance(capsys: pytest.CaptureFixture[str]):
    trained(of_table("kind"))
    found = told(capsys, "-o", "page.html")
    assert (found["part"], found["rows"], found["shuffles"], found["metric"]["name"]) == (
        "validation",
        160,
        10,
        "accuracy",
    )
    first, *others = found["columns"]
    assert first["name"] == "signal"
    assert first["loss"]["mean"] > 1
    assert 0.35 < first["metric"]["mean"] < 0.6  # as good as guessing
    assert {one["name"] for one in others} == {"noise", "town", "day"}
    for one in others:
        assert abs(one["loss"]["mean"]) < 0.05 * first["loss"]["mean"]
        assert abs(one["metric"]["mean"]) < 0.03
    curve = next(one for one in found["dependences"] if one["column"] == "signal")
    of_up = np.array(curve["predictions"])[:, found["predictions"].index("up")]
    assert of_up[0] < 0.05
    assert of_up[-1] > 0.95
    page = Path("page.html").read_text()
    assert "loss rises by" in page
    assert page.count("<svg") >= 3
    assert main(["explain", "run", "--shuffles", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "run/checkpoints/best.safetensors: after epoch " + str(found["epoch"])
    assert lines[3:6:2] == ["how much worse predictions get if a column is shuffled 2 times", lines[5]]
    assert lines[5].split()[0] == "signal"
    assert sorted(path.name for path in Path().iterdir()) == ["config.yaml", "data.csv", "page.html", "run"]


def test_an_importance_is_the_rise_of_the_loss_on_a_file_with_that_column_shuffled(capsys: pytest.CaptureFixture[str]):
    trained(of_table("kind"))
    found = told(capsys, "data.csv", "--shuffles", "1", "--rows", str(ROWS))
    before, after = evaluated(capsys, "data.csv"), {}
    order = np.random.default_rng(1).permutation(ROWS)  # by the seed of the training
    with open("data.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("signal", "town", "day"):
        table(
            "shuffled.csv", {key: [rows[order[i] if key == name else i][key] for i in range(ROWS)] for key in rows[0]}
        )
        after[name] = evaluated(capsys, "shuffled.csv")
    for one in found["columns"]:
        if one["name"] in after:
            assert one["loss"]["mean"] == pytest.approx(after[one["name"]]["loss"] - before["loss"], abs=2e-5)
            fall = before["metrics"]["accuracy"] - after[one["name"]]["metrics"]["accuracy"]
            assert one["metric"]["mean"] == pytest.approx(fall, abs=1e-9)


def evaluated(capsys: pytest.CaptureFixture[str], data: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["eval", "run", data, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_dependence_on_numbers_is_in_their_own_units():
    trained(of_table("price"), [{"dense": "targets"}], "mse", epochs=30)
    path = find(Path("run"))
    predictor = Predictor(load(path, print), path)
    source, preparation = predictor.experiment.data.source, predictor.preprocessing.features
    groups = {group.name: group for group in columns(predictor.signature, preparation, source)}
    dataset = open_dataset(predictor.experiment.data, [Path()], load(path, print).preprocessing)
    found = dependence(predictor, dataset.parts["validation"], groups["signal"])
    assert found is not None
    np.testing.assert_allclose(found.predictions[:, 0], 1000 + 100 * found.values, atol=15)  # a linear network
    towns = dependence(predictor, dataset.parts["validation"], groups["town"])
    assert towns is not None
    assert sorted(towns.values.tolist()) == ["Bonn", "Jena", "Ulm"]
    assert np.ptp(towns.predictions) < 20
    days = dependence(predictor, dataset.parts["validation"], groups["day"])
    assert days is not None
    assert days.values.dtype.kind == "M"


def explained(part: str = "validation", shuffles: int = 2) -> Any:
    """The explanation as the page gets it."""
    return explain_checkpoint(
        Path("run"), part=part, rows=200, shuffles=shuffles, note=print, progress=lambda share: None
    )


def test_an_image_matters_where_its_class_is_drawn():
    labels = np.arange(200) % 2
    pixels = RANDOM.integers(0, 60, (200, 12, 12), dtype=np.uint8)
    pixels[labels == 1, :6, :6] += 150  # the class is written in one corner
    np.savez("data.npz", x=pixels, y=labels)
    trained({"npz": "data.npz", "split": {"validation": 0.3}}, ["flatten", *CLASSIFIER], epochs=6)
    found = explained().explanation
    assert not found.columns
    assert len(found.examples) == 8
    assert sorted(one.answer for one in found.examples) == [0, 0, 0, 0, 1, 1, 1, 1]
    for one in found.examples:
        assert np.abs(one.effects[:6, :6]).mean() > 3 * np.abs(one.effects[6:]).mean()
        assert one.effects[:6, :6].mean() > 0
    assert main(["explain", "run", "-o", "page.html"]) == 0
    assert Path("page.html").read_text().count("<img") == 8


@pytest.mark.parametrize("feature", ["text", {"tokens": "word"}], ids=["bag", "sequence"])
def test_the_word_that_decides_is_found(feature: Any):
    filler = ["the", "a", "film", "was", "seen", "by", "many", "people", "here", "today"]
    texts, kinds = [], []
    for row in range(300):
        good = row % 2 == 0
        words = [*RANDOM.choice(filler, 6), "great" if good else "awful"]
        RANDOM.shuffle(words)
        texts.append(" ".join(words))
        kinds.append("good" if good else "bad")
    table("data.csv", {"text": texts, "kind": kinds})
    data = {
        "table": {"path": "data.csv", "target": "kind"},
        "features": {"text": feature},
        "split": {"validation": 0.3},
    }
    model = [*([] if feature == "text" else [{"embedding": 8}, "global_average_pool"]), *CLASSIFIER]
    trained(data, model, epochs=8)
    made = explained()
    found, names = made.explanation, made.predictor.signature.classes
    strongest = {(word.word, names[word.answer]) for word in found.words[:2]}
    assert strongest == {("great", "good"), ("awful", "bad")}
    assert found.words[0].effect > 3 * abs(found.words[2].effect)
    for one in found.examples:
        assert one.words[int(one.effects.argmax())] in ("great", "awful")


def test_the_steps_of_a_series_that_decide_are_found(capsys: pytest.CaptureFixture[str]):
    lines = []
    for row in range(160):
        values = RANDOM.normal(size=40)
        values[20:25] += 4 * (row % 2)
        lines.append(",".join(f"{value:.3f}" for value in values) + f":{'bump' if row % 2 else 'flat'}")
    Path("data.ts").write_text("@classLabel true bump flat\n@data\n" + "\n".join(lines) + "\n")
    trained({"series": "data.ts", "split": {"validation": 0.4}}, ["flatten", *CLASSIFIER], epochs=6)
    found = told(capsys)
    assert not found["columns"]  # there is one channel
    steps = [one["name"] for one in sorted(found["steps"], key=lambda one: -one["loss"]["mean"])]
    assert {*steps[:2]} <= {"21 to 22", "23 to 24", "25 to 26"}
    assert len(found["steps"]) == 20
    for one in explained().explanation.examples:
        assert 10 <= int(np.abs(one.effects).argmax()) <= 12


def test_steps_of_windows_are_counted_from_the_last_known_row(capsys: pytest.CaptureFixture[str]):
    values = RANDOM.normal(size=300)  # each is the one two rows before
    for row in range(2, 300):
        values[row] = values[row - 2]
    table("data.csv", {"day": [str(np.datetime64("2024-01-01") + row) for row in range(300)], "level": values})
    windows = {"path": "data.csv", "target": "level", "time": "day", "length": 4}
    trained({"windows": windows}, ["flatten", {"dense": "targets"}], "mse")
    assert [one["name"] for one in told(capsys)["steps"]] == ["−3", "−2", "−1", "0"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--part", "tests"], "--part: the data has no tests part; it has: train, validation"),
        (["--part", "train", "data.csv"], "--part refers to the run's own data"),
        (["-o", "page.png"], "page.png: the page is written as HTML; choose a name that ends in .html"),
        (["-o", "nowhere/page.html"], "nowhere: there is no such folder; make it first"),
        (["--rows", "1"], "--rows"),
        (["missing.csv"], "missing.csv"),
    ],
)
def test_mistakes_are_told(options: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    trained(of_table("kind", ("signal",)), epochs=1)
    capsys.readouterr()
    assert main(["explain", "run", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_network_that_predicts_its_inputs_is_refused(capsys: pytest.CaptureFixture[str]):
    table("data.csv", {"a": NOISE, "b": SIGNAL})
    trained({"table": {"path": "data.csv", "target": "inputs"}}, [{"dense": 2}, {"dense": "targets"}], "mse", epochs=1)
    capsys.readouterr()
    assert main(["explain", "run"]) == 2
    assert "reconstructs its inputs" in capsys.readouterr().err


def test_examples_alternate_between_answers():
    assert varied(np.array([0, 0, 0, 1, 2, 1]), 5) == [0, 3, 4, 1, 5]


def test_the_report_has_a_section(capsys: pytest.CaptureFixture[str]):
    trained(of_table("kind"), epochs=2)
    page = Path("run/report.html").read_text()
    assert 'id="explanation"' in page
    assert "Mean prediction by value" in page
