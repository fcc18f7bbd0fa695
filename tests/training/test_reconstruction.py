"""Networks whose target is their input: they learn to reconstruct it, and predict how far off they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

NARROW = [{"dense": {"units": 2}}, {"dense": {"units": "targets"}}]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def rooms() -> dict[str, Any]:
    """Area, width and price go together, except in the last row."""
    random = np.random.default_rng(0)
    width = random.uniform(2, 9, 120)
    lines = [
        f"{n},{w:.3f},{w * 4:.3f},{w * 900:.1f},{'large' if w > 5 else 'small'}" for n, w in enumerate(width.tolist())
    ]
    lines[-1] = "119,8.9,9.0,200.0,small"
    Path("rooms.csv").write_text("\n".join(["room,width,area,price,size", *lines]) + "\n")
    return {"table": {"path": "rooms.csv", "target": "inputs", "exclude": ["room"]}, "split": {"validation": 0.2}}


def images() -> dict[str, Any]:
    np.savez("images.npz", x=np.random.default_rng(1).integers(0, 255, (40, 6, 6, 1)).astype(np.uint8))
    return {"npz": {"path": "images.npz", "targets": "inputs"}}


def train(data: dict[str, Any], model: list[Any], **changes: Any) -> int:
    written = {
        "data": data,
        "model": model,
        "loss": "mse",
        "optimizer": {"adam": {"lr": 0.02}},
        "train": {"epochs": 30, "seed": 1},
        **changes,
    }
    Path("c.yaml").write_text(yaml.safe_dump(written))
    return main(["train", "c.yaml", "--quiet"])


def errors(path: str, *options: str) -> list[dict[str, str]]:
    assert main(["predict", "runs/c", path, "-o", "errors.csv", *options]) == 0
    with Path("errors.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_odd_row_has_the_largest_error():
    assert train(rooms(), NARROW) == 0
    rows = errors("rooms.csv", "--keep", "room")
    assert len(rows) == 120
    worst = max(rows, key=lambda row: float(row["reconstruction_error"]))
    assert worst["room"] == "119"


CONVOLUTIONS = [
    {"conv2d": {"filters": 4, "padding": "same", "activation": "relu"}},
    {"conv2d": {"filters": 1, "padding": "same"}},
]


@pytest.mark.parametrize("make", [rooms, images])
def test_the_mean_error_is_the_loss_of_eval(make: Any, capsys: pytest.CaptureFixture[str]):
    data = make()
    assert train(data, NARROW if make is rooms else CONVOLUTIONS) == 0
    path = next(iter(data.values()))["path"]
    found = np.mean([float(row["reconstruction_error"]) for row in errors(path)])
    capsys.readouterr()
    assert main(["eval", "runs/c", path, "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["loss"] == pytest.approx(found, rel=1e-4)
    assert measured["metrics"] == {}
    assert Path("runs/c/report.html").exists()


def test_a_column_of_that_name_stays_a_target():
    Path("named.csv").write_text("a,inputs\n" + "".join(f"{n},{2 * n}.5\n" for n in range(40)))
    assert train({"table": {"path": "named.csv", "target": "inputs"}}, NARROW, metrics=["mae"]) == 0
    assert list(errors("named.csv")[0]) == ["prediction"]


def test_an_embedding_is_no_target(capsys: pytest.CaptureFixture[str]):
    data = {**rooms(), "features": {"size": {"category": {"encoding": "embedding"}}}}
    assert train(data, NARROW) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: c.yaml:1:1: data: column 'size' is embedded, and an embedding is learned, so it is no target; features:"
        " {size: {category: {encoding: one_hot}}}, or leave the column out: exclude"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"metrics": ["mae"]}, "metrics: mae needs a target of numbers, and this network has none"),
        ({"metrics": ["accuracy"]}, "metrics: accuracy needs a target of classes or labels, and this network has none"),
        ({"loss": "quantile"}, "loss: quantile does not measure how well a network reconstructs its inputs; fitting:"),
        ({"loss": "cross_entropy"}, "loss: cross_entropy does not measure how well a network reconstructs its inputs"),
    ],
)
def test_what_does_not_fit_is_refused(changes: Any, line: str, capsys: pytest.CaptureFixture[str]):
    assert train(rooms(), NARROW, **changes) == 2
    assert line in capsys.readouterr().err
    assert main(["check", "c.yaml"]) == 2
    assert line in capsys.readouterr().err
