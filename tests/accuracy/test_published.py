"""Test accuracies of the image configs, where the data is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dltool.cli.app import main

ROOT = Path(__file__).parents[2]
PLACES = (ROOT / "data", ROOT.parent / "shared" / "data")


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
    place = next((place / folder for place in PLACES if (place / folder).is_dir()), None)
    if place is None:
        pytest.skip(f"no {folder} in {' or '.join(map(str, PLACES))}")
    overrides = [
        f"--set={part}idx.{field}={place}/{prefix}-{field}-idx{axes}-ubyte.gz"
        for part, prefix in (("data.", "train"), ("data.test.", "t10k"))
        for field, axes in (("images", 3), ("labels", 1))
    ]
    config_path = str(ROOT / "configs" / f"{config}.yaml")
    assert main(["train", config_path, *overrides, "--run-dir", str(tmp_path / "run"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["test"]["accuracy"] >= accuracy
