"""A folder in which networks of every task were trained on a small table, for `predict` and `eval`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from dltool.cli.main import main

from .tables import FEATURES, KINDS, samples, table


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of each kind under runs/, and data that they were not trained on: new.csv without targets, known.csv."""
    folder = tmp_path_factory.mktemp("trained")
    before = Path.cwd()
    os.chdir(folder)
    try:
        data, more = samples(0), samples(1, 50)
        for name, kind in KINDS.items():
            table(f"{name}.csv", {column: data[column] for column in (*FEATURES, *kind.targets)})
            target = kind.targets[0] if len(kind.targets) == 1 else kind.targets
            config = {
                "name": name,
                "data": {"table": {"path": f"{name}.csv", "target": target, "exclude": ["id"]}},
                "model": [{"dense": {"units": 8, "activation": "relu"}}, {"dense": kind.units}],
                "loss": kind.loss,
                "optimizer": {"adam": {"lr": 0.03}},
                "train": {"epochs": 20, "ema_decay": 0.9},
            }
            Path("config.yaml").write_text(yaml.safe_dump(config))
            assert main(["train", "config.yaml", "--quiet"]) == 0
        table("new.csv", {column: more[column] for column in FEATURES})
        table("known.csv", more)
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def workplace(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of a test's own, with the data and the runs of all."""
    for path in trained.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
