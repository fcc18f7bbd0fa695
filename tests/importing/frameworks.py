"""What the frameworks have recorded, and what dltool makes of the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import dltool
from dltool.cli.main import main

GOLDEN = Path(__file__).parents[1] / "golden" / "imports"


def recorded(name: str) -> dict[str, np.ndarray]:
    """Samples x and y, outputs, losses of ten steps on batches of eight, and outputs after these."""
    return dict(np.load(GOLDEN / f"{name}.npz"))


def outputs_of(path: Path | str, x: np.ndarray) -> np.ndarray:
    """Probabilities of classes, or numbers, for samples as the framework takes them."""
    model = dltool.load(path)
    given = model.predict(x)
    if model.task == "numbers":
        return np.stack(
            [given[f"prediction_{name}"] if len(model.targets) > 1 else given["prediction"] for name in model.targets],
            axis=1,
        )
    return np.asarray(given.probabilities)


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Softmax of scores (n, classes)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def train(folder: str, golden: dict[str, np.ndarray], optimizer: dict[str, Any]) -> tuple[list[float], Path]:
    """The losses of ten steps of an imported network, by its config, and the run."""
    np.savez("data.npz", x=golden["x"], y=golden["y"])
    changes = {
        "optimizer": optimizer, "data.split": {"validation": 0}, "metrics": [], "early_stopping": None,
        "train": {"epochs": 1, "batch_size": 8, "shuffle": False, "log_every": 1, "threads": 1},
    }  # fmt: skip
    overrides = [word for key, value in changes.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    assert main(["train", f"{folder}/config.yaml", *overrides, "--run-dir", "run", "--quiet"]) == 0
    lines = map(json.loads, Path("run/metrics.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if line["kind"] == "step"], Path("run")
