"""Small configs to measure, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SMALL = {
    "data": {"synthetic": {"features": 8, "classes": 3, "rows": 50}, "split": {"validation": 0.0}},
    "model": [{"dense": {"units": 16, "activation": "relu"}}, {"dense": "classes"}],
    "loss": "cross_entropy",
    "train": {"batch_size": 20, "seed": 1, "threads": 1},
}
NUMBERS = {"synthetic": {"features": 8, "targets": 2, "rows": 50}, "split": {"validation": 0.0}}
COLUMNS = {
    "synthetic": {"features": 3, "categories": [4, 30], "classes": 3, "rows": 50},
    "split": {"validation": 0.0},
    "features": {"category_1": {"category": "one_hot"}, "category_2": {"category": {"width": 5}}},
}
BINARY = {"synthetic": {"features": 8, "classes": 2, "rows": 50}, "split": {"validation": 0.0}}


def write_config(folder: Path, changes: dict[str, Any] | None = None, name: str = "small.yaml") -> Path:
    """The small config with some blocks changed; those of `train` one by one."""
    config = {**SMALL, **(changes or {})}
    config["train"] = {**SMALL["train"], **config["train"]}
    path = folder / name
    path.write_text(yaml.safe_dump(config))
    return path
