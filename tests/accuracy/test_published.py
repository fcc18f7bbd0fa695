"""Results of the configs on public data, where this is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dltool.cli.main import main

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "data", ROOT.parent / "shared" / "data")


def folder_of(name: str) -> Path:
    """Where a data set is; skips the test if it is nowhere."""
    place = next((place / name for place in PLACES if (place / name).is_dir()), None)
    if place is None:
        pytest.skip(f"no {name} in {' or '.join(map(str, PLACES))}")
    return place


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "folder", "accuracy"),
    [
        ("mnist_mlp", "mnist", 0.983),
        ("fashion_mlp", "fashion-mnist", 0.883),
        ("mnist_cnn", "mnist", 0.992),
        ("fashion_cnn", "fashion-mnist", 0.92),
    ],
)
def test_a_config_reaches_its_accuracy(config: str, folder: str, accuracy: float, tmp_path: Path, capsys):
    place = folder_of(folder)
    overrides = [
        f"--set={part}idx.{field}={place}/{prefix}-{field}-idx{axes}-ubyte.gz"
        for part, prefix in (("data.", "train"), ("data.test.", "t10k"))
        for field, axes in (("images", 3), ("labels", 1))
    ]
    config_path = str(ROOT / "configs" / f"{config}.yaml")
    assert main(["train", config_path, *overrides, "--run-dir", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["accuracy"] >= accuracy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "file", "metric", "most"),
    [
        ("ett_forecast", "ett/ETTh1.csv", "loss", 0.385),
        ("airline", "timeseries/airline-passengers.csv", "rmse", 41.16),  # of the same month of the year before
    ],
)
def test_a_forecast_is_as_good_as_published(config: str, file: str, metric: str, most: float, tmp_path: Path, capsys):
    path = folder_of(Path(file).parent.name) / Path(file).name
    options = ["--set", f"data.windows.path={path}", "--run-dir", str(tmp_path / "run"), "--json"]
    assert main(["train", str(ROOT / "configs" / f"{config}.yaml"), *options]) == 0
    assert json.loads(capsys.readouterr().out)["test"][metric] <= most


@pytest.mark.slow
@pytest.mark.parametrize(("config", "name", "accuracy"), [("ucr_italypower", "ItalyPowerDemand", 0.96)])
def test_labeled_series_are_told_apart(config: str, name: str, accuracy: float, tmp_path: Path, capsys):
    stem = folder_of("ucr") / name / name
    paths = [f"--set=data.series.path={stem}_TRAIN.ts", f"--set=data.test.series.path={stem}_TEST.ts"]
    config_path = str(ROOT / "configs" / f"{config}.yaml")
    assert main(["train", config_path, *paths, "--run-dir", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["accuracy"] >= accuracy
