"""`dltool.load`: the same predictions and results as on the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import dltool
from dltool.cli.main import main
from tests.training.images import PIXELS
from tests.training.images import trained as trained_images
from tests.training.tables import KINDS


def rows_of(name: str) -> list[dict[str, str]]:
    with open(name, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_predicted_as_the_command_line_predicts_their_file(workplace: Path, kind: str):
    model = dltool.load(f"runs/{kind}")
    assert main(["predict", f"runs/{kind}", "new.csv", "-o", "out.jsonl"]) == 0
    written = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    rows = rows_of("new.csv")
    by_column = {name: [row[name] for row in rows] for name in rows[0]}
    for data in (rows, by_column, "new.csv", Path("new.csv")):
        predictions = model.predict(data)
        assert list(predictions) == KINDS[kind].columns
        for found, expected in zip(predictions.rows(), written, strict=True):
            for name, value in expected.items():
                assert found[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6))
    assert model.predict(rows[3]).rows() == [model.predict(rows).rows()[3]]


class Frame:
    """What data frames have in common."""

    def __init__(self, rows: list[dict[str, str]]):
        self._rows, self.columns = rows, list(rows[0])

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array([row[name] for row in self._rows])


def test_data_frames(workplace: Path):
    model = dltool.load("runs/classes")
    found = model.predict(Frame(rows_of("new.csv"))).probabilities
    np.testing.assert_array_equal(found, model.predict("new.csv").probabilities)


def test_what_a_model_says_of_itself(workplace: Path):
    model = dltool.load("runs/classes")
    assert (model.name, model.task, model.classes) == ("classes", "classes", ("bad", "fair", "good one"))
    assert model.columns == ("a", "b", "colour")
    assert model.config["train"]["epochs"] == 20
    with pytest.raises(KeyError, match="predicts numbers"):
        _ = dltool.load("runs/number").predict("new.csv").probabilities


def test_results_are_those_of_the_command_line(workplace: Path, capsys: pytest.CaptureFixture[str]):
    model = dltool.load("runs/classes")
    assert main(["eval", "runs/classes", "known.csv", "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    for data in ("known.csv", ["known.csv"], rows_of("known.csv")):
        found = model.evaluate(data)
        assert found["metrics"] == pytest.approx(expected["metrics"])
        assert (found["rows"], found["confusion_matrix"]) == (expected["rows"], expected["confusion_matrix"])
    assert [model.evaluate()["part"], model.evaluate(part="train")["part"]] == ["validation", "train"]


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda model: model.predict([{"a": "x", "b": 1, "colour": "red"}]), "rows[0]: column 'a' holds 'x', where"),
        (lambda model: model.predict("missing.csv"), "no file 'missing.csv'"),
        (lambda model: model.evaluate([{"a": 1, "b": 1, "colour": "red", "kind": "odd"}]), "rows[0]: "),
        (lambda model: model.evaluate([{"a": 1, "b": "?!", "colour": "red", "kind": "bad"}]), "rows[0]: column 'b'"),
        (lambda model: model.evaluate("known.csv", part="test"), "'part' refers to the run's own data"),
        (lambda model: model.evaluate(part="test"), "has no test part"),
        (lambda model: model.generate("To be"), "is no language model"),
    ],
)
def test_mistakes_are_told_in_one_line(workplace: Path, call: Any, line: str):
    with pytest.raises(dltool.InputError) as caught:
        call(dltool.load("runs/classes"))
    assert line in str(caught.value)
    assert "/tmp" not in str(caught.value)


def test_threads_share_a_model(workplace: Path):
    model, rows = dltool.load("runs/classes"), rows_of("new.csv")
    expected = model.predict(rows).rows()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: model.predict(row).rows()[0], rows))
    assert found == expected


def test_images_of_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    trained_images("npz")
    model = dltool.load("run")
    found = model.predict(PIXELS[:5]).probabilities
    np.testing.assert_array_equal(found, model.predict("data.npz").probabilities[:5])
    with pytest.raises(dltool.InputError, match="give the path"):
        model.evaluate(PIXELS[:5])


def test_a_forecast_goes_on_where_the_rows_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    rows = [{"day": str(np.datetime64("2024-01-01") + day), "level": float(np.sin(day))} for day in range(80)]
    Path("data.csv").write_text("day,level\n" + "".join(f"{row['day']},{row['level']}\n" for row in rows))
    windows = {"path": "data.csv", "target": "level", "time": "day", "length": 8, "horizon": 3, "steps": True}
    config = {"data": {"windows": windows}, "model": ["flatten", {"dense": "targets"}], "loss": "mse"}
    Path("config.yaml").write_text(yaml.safe_dump({**config, "train": {"epochs": 2}}))
    model = dltool.train("config.yaml", progress=False).load()
    assert model.columns == ("day", "level")
    assert model.predict(rows)["prediction"].tolist() == model.predict("data.csv")["prediction"].tolist()
    with pytest.raises(dltool.InputError, match=r"^rows\[3\]: "):
        model.predict([*rows[:3], {**rows[3], "level": "high"}, *rows[4:]])


def test_importing_dltool_imports_nothing_that_takes_time():
    slow = ("numpy", "llvmlite", "pydantic", "duckdb", "typer")
    code = f"import sys, dltool; print([module for module in {slow} if module in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
    assert {"load", "train", "Model"} <= {*dir(dltool)}
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = dltool.lode  # type: ignore[attr-defined]
