"""A network that sees which series a window is of."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

SHOPS = [f"shop {number}" for number in range(12)]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second series goes on as it went, the others turn round: a window alone does not tell which."""
    monkeypatch.chdir(tmp_path)
    write("shops.csv", {shop: (-1) ** number * 0.9 for number, shop in enumerate(SHOPS)}, 60)


def write(path: str, ways: dict[str, float], count: int) -> None:
    generator, lines = np.random.default_rng(0), ["day,shop,sales"]
    days = np.arange("2024-01-01", "2024-12-31", dtype="datetime64[D]").astype(str)
    for shop, way in ways.items():
        sales = 1.0
        for day in days[:count]:
            lines.append(f"{day},{shop},{sales}")
            sales = way * sales + 0.3 * generator.normal()
    Path(path).write_text("\n".join(lines) + "\n")


def train(capsys: pytest.CaptureFixture[str], scaling: str = "standard", **fields: Any) -> dict[str, Any]:
    source = {"path": "shops.csv", "target": "sales", "group": "shop", "time": "day", "length": 1, **fields}
    config = {
        "data": {"windows": source, "split": {"validation": 0.2}, "scaling": scaling},
        "model": ["flatten", {"dense": {"units": 16, "activation": "tanh"}}, {"dense": "targets"}],
        "loss": "mse",
        "optimizer": {"adam": {"lr": 0.02}},
        "metrics": ["rmse", "r2"],
        "train": {"epochs": 25, "batch_size": 32, "threads": 1},
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "c.yaml", "--run-dir", "run", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def predicted(path: str, capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, str]], str]:
    assert main(["predict", "run", path, "-o", "out.csv"]) == 0
    with Path("out.csv").open() as file:
        return list(csv.DictReader(file)), capsys.readouterr().err


def test_series_that_go_different_ways_are_told_apart(capsys: pytest.CaptureFixture[str]):
    assert train(capsys, show_series=True)["validation"]["r2"] > 0.5


def test_windows_alone_do_not_tell_them_apart(capsys: pytest.CaptureFixture[str]):
    assert train(capsys)["validation"]["r2"] < 0.2


def test_the_future_of_each_series_and_of_an_unknown_one(capsys: pytest.CaptureFixture[str]):
    train(capsys, show_series=True, horizon=2, steps=True)
    write("new.csv", {"shop 0": 0.9, "shop 1": -0.9, "new": 0.9}, 1)
    found, told = predicted("new.csv", capsys)
    first = {row["shop"]: float(row["prediction"]) for row in found if row["step"] == "1"}
    assert first["shop 0"] > 0.4
    assert first["shop 1"] < -0.4
    assert first["shop 1"] < first["new"] < first["shop 0"]
    assert "column 'shop': 1 window not seen in training, taken as unknown" in told


def test_it_needs_the_column_of_series(capsys: pytest.CaptureFixture[str]):
    Path("c.yaml").write_text(
        "data: {windows: {path: shops.csv, target: sales, length: 2, show_series: true}}\n"
        "model: [flatten, {dense: targets}]\nloss: mse\n"
    )
    assert main(["train", "c.yaml"]) == 2
    assert "'show_series' needs 'group', the column that identifies the series" in capsys.readouterr().err


def test_columns_are_named_in_tables_alone(capsys: pytest.CaptureFixture[str]):
    Path("c.yaml").write_text(
        "data: {windows: {path: shops.csv, target: sales, group: shop, length: 2, show_series: true}}\n"
        "model: [{columns: shop}, {dense: targets}]\nloss: mse\n"
    )
    assert main(["train", "c.yaml"]) == 2
    assert "the data has no columns with names" in capsys.readouterr().err


def test_columns_of_padded_series_have_no_names_either(capsys: pytest.CaptureFixture[str]):
    Path("train.ts").write_text("@classLabel true a b\n@data\n" + "1,2,3:a\n1,2:b\n" * 6)
    Path("c.yaml").write_text(
        "data: {series: train.ts, split: {validation: 0}}\nmodel: [{columns: steps}, {dense: classes}]\n"
        "loss: cross_entropy\n"
    )
    assert main(["train", "c.yaml"]) == 2
    assert "the data has no columns with names" in capsys.readouterr().err
