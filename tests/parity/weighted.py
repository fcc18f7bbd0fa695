"""A linear network under class weights, trained by PyTorch: losses, parameters, and the loss of 613 other rows.

`python -m tests.parity.weighted` (with PyTorch) writes tests/golden/weighted.json. Accumulated batches are recorded as
the larger batches that they stand for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "weighted.json"
CLASSES, FEATURES, RATE, EPOCHS = 3, 5, 0.5, 3


@dataclass(frozen=True)
class Case:
    """How one network is trained."""

    weights: tuple[float, ...]
    smoothing: float
    batch: int  # rows of an update
    accumulate: int = 1  # batches that dltool makes of them


CASES = {
    "batches": Case((1, 4, 2), 0.0, 8),
    "smoothed": Case((1, 4, 2), 0.1, 8),
    "accumulated": Case((1, 4, 2), 0.0, 24, 3),
    "accumulated, smoothed": Case((0.5, 4, 20), 0.3, 24, 3),
    "whole": Case((1, 4, 2), 0.1, 36),
    "a class without weight": Case((1, 0, 2), 0.1, 12, 2),
}


def data() -> dict[str, np.ndarray]:
    """36 rows, half of them of one class and sorted so, in a training part; 613 in another, sorted by class."""
    random = np.random.default_rng(21)
    labels = random.integers(0, CLASSES, 36)
    labels[:18] = 0
    return {
        "x": random.normal(size=(36, FEATURES)).astype(np.float32),
        "y": labels,
        "other_x": random.normal(size=(613, FEATURES)).astype(np.float32),
        "other_y": np.sort(random.choice(CLASSES, 613, p=[0.1, 0.3, 0.6])),
        "weight": random.normal(size=(FEATURES, CLASSES)).astype(np.float32),
    }


def _trained(case: Case) -> dict[str, Any]:
    import torch  # pyright: ignore[reportMissingImports]
    from torch.nn import CrossEntropyLoss  # pyright: ignore[reportMissingImports]

    given = {name: torch.from_numpy(array) for name, array in data().items()}
    weight, bias = given["weight"].clone().requires_grad_(), torch.zeros(CLASSES, requires_grad=True)
    loss = CrossEntropyLoss(torch.tensor(case.weights, dtype=torch.float32), label_smoothing=case.smoothing)
    losses = []
    for _ in range(EPOCHS):
        for low in range(0, 36, case.batch):
            rows = slice(low, low + case.batch)
            value = loss(given["x"][rows] @ weight + bias, given["y"][rows])
            losses.append(value.item())
            value.backward()
            with torch.no_grad():
                for parameter in (weight, bias):
                    parameter -= RATE * parameter.grad
                    parameter.grad = None
    other = loss(given["other_x"] @ weight + bias, given["other_y"]).item()
    return {"losses": losses, "weight": weight.tolist(), "bias": bias.tolist(), "other_loss": other}


if __name__ == "__main__":
    GOLDEN.write_text(
        json.dumps({name: _trained(case) for name, case in CASES.items()}).replace('}, "', '},\n"') + "\n"
    )
