"""Small runs with everything that a page can show: tables whose names try to be markup, trained by the command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dltool.cli.main import main

ROWS = 300
HOSTILE = "<script>alert('x')</script>"
HIDDEN = {"dense": {"units": 8, "activation": "relu"}}

_GENERATOR = np.random.default_rng(3)
X = _GENERATOR.normal(size=(ROWS, 3))
COLUMNS: Mapping[str, list[str]] = {
    "a": [f"{value:.3f}" for value in X[:, 0]],
    HOSTILE: [f"{value:.3f}" if i % 9 else "" for i, value in enumerate(X[:, 1])],
    "place": [["north", "<b>south</b>", "east & west"][i % 3] for i in range(ROWS)],
    "day": [str(np.datetime64("2024-01-01") + i) for i in range(ROWS)],
    "open": [["yes", "no"][i % 2] for i in range(ROWS)],
    "told": [f"Well, number {i} is <i>not</i> like {i % 7} others, is it?" for i in range(ROWS)],
}
#: target by column, and what is trained
TASKS: Mapping[str, tuple[Mapping[str, list[str]], dict[str, Any]]] = {
    "classes": (
        {"kind": [("low", "<i>middle</i>", "high")[int(value > -0.4) + int(value > 0.5)] for value in X[:, 0]]},
        {"loss": "cross_entropy", "metrics": ["accuracy", "auc"], "model": [HIDDEN, {"dense": {"units": "classes"}}]},
    ),
    "numbers": (
        {"price": [f"{1000 * value + 5000:.1f}" for value in X[:, 0]], "size": [f"{value:.4f}" for value in X[:, 1]]},
        {"loss": "mse", "metrics": ["rmse"], "model": [HIDDEN, {"dense": {"units": "targets"}}]},
    ),
    "multilabel": (
        {"left": [str(int(value > 0)) for value in X[:, 0]], "rare": [str(int(value > 1)) for value in X[:, 1]]},
        {"loss": "binary_cross_entropy", "metrics": ["f1"], "model": [HIDDEN, {"dense": {"units": "targets"}}]},
    ),
}


def write_table(path: Path, columns: Mapping[str, list[str]]) -> None:
    """A CSV of these columns."""
    quoted = lambda texts: ",".join(f'"{text}"' for text in texts)  # noqa: E731
    path.write_text("\n".join(map(quoted, [list(columns), *zip(*columns.values(), strict=True)])) + "\n")


def write_config(folder: Path, task: str, changes: Mapping[str, Any] | None = None) -> Path:
    """The config of a task, and its table beside it."""
    targets, config = TASKS[task]
    write_table(folder / f"{task}.csv", {**COLUMNS, **targets})
    table = {"path": f"{task}.csv", "target": list(targets) if len(targets) > 1 else next(iter(targets))}
    path = folder / f"{task}.yaml"
    train = {"epochs": 4, "batch_size": 16, "seed": 1, "log_every": 5}
    data = {"table": table, "split": {"validation": 0.3}}
    whole = {"data": data, "schedule": "cosine", "optimizer": {"adam": {"lr": 0.02}}, "train": train, **config}
    path.write_text(yaml.safe_dump({**whole, **(changes or {})}))
    return path


def trained(folder: Path, task: str, changes: Mapping[str, Any] | None = None) -> Path:
    """The directory of a finished run."""
    run = folder / "runs" / task
    assert main(["train", str(write_config(folder, task, changes)), "--run-dir", str(run), "--quiet"]) == 0
    return run
