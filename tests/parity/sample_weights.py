"""A linear network whose samples have weights, trained by PyTorch with each loss: losses and parameters.

`python -m tests.parity.sample_weights` (with PyTorch) writes tests/golden/sample_weights.json. PyTorch's losses of
single samples are multiplied by weights that average 1, and their mean over the batch is taken, as Keras does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "sample_weights.json"
ROWS, BATCH, FEATURES, RATE, EPOCHS, CLASSES = 36, 8, 5, 0.2, 3, 3
#: the loss of a config, the columns that are its target, and how many outputs it needs
CASES: dict[str, tuple[Any, list[str], int]] = {
    "cross_entropy": ("cross_entropy", ["label"], 3),
    "smoothed": ({"cross_entropy": {"label_smoothing": 0.1}}, ["label"], 3),
    "weighted classes": ({"cross_entropy": {"class_weights": [1, 4, 2], "divide_by": "samples"}}, ["label"], 3),
    "focal": ({"focal": 2}, ["label"], 3),
    "binary": ("binary_cross_entropy", ["binary"], 1),
    "labels": ("binary_cross_entropy", ["binary", "other"], 2),
    "mse": ("mse", ["first", "second"], 2),
    "mae": ("mae", ["first", "second"], 2),
    "huber": ({"huber": 0.5}, ["first", "second"], 2),
    "quantile": ({"quantile": [0.1, 0.5]}, ["first"], 2),
}


def data() -> dict[str, np.ndarray]:
    """Features x, the columns of all targets, weights of which a few are large and some 0, and initial parameters."""
    random = np.random.default_rng(22)
    return {
        "x": random.normal(size=(ROWS, FEATURES)).round(3),
        "label": random.integers(0, CLASSES, ROWS),
        "binary": random.integers(0, 2, ROWS),
        "other": random.integers(0, 2, ROWS),
        "first": random.normal(size=ROWS).round(3),
        "second": random.normal(size=ROWS).round(3),
        "weight": (random.exponential(1000, ROWS) * (np.arange(ROWS) % 5 > 0)).round(1),
        "start": random.normal(size=(FEATURES, CLASSES)).astype(np.float32),
    }


def _trained(loss: Any, names: list[str], outputs: int) -> dict[str, Any]:
    import torch  # pyright: ignore[reportMissingImports]
    from torch.nn import functional  # pyright: ignore[reportMissingImports]

    given = data()
    x, every = torch.tensor(given["x"]), torch.tensor(given["weight"] / given["weight"].mean())
    target = torch.tensor(np.stack([given[name] for name in names], axis=1))
    weight = torch.tensor(given["start"][:, :outputs].astype(float), requires_grad=True)
    bias = torch.zeros(outputs, dtype=torch.float64, requires_grad=True)

    def row_losses(scores: Any, t: Any) -> Any:
        name, fields = (loss, {}) if isinstance(loss, str) else next(iter(loss.items()))
        if name == "cross_entropy":
            classes = torch.tensor(fields["class_weights"], dtype=torch.float64) if "class_weights" in fields else None
            smoothing = fields.get("label_smoothing", 0.0)
            return functional.cross_entropy(scores, t[:, 0], classes, reduction="none", label_smoothing=smoothing)
        if name == "focal":
            cross = functional.cross_entropy(scores, t[:, 0], reduction="none")
            return (1 - torch.exp(-cross)) ** fields * cross
        t = t.double()
        if name == "binary_cross_entropy":
            return functional.binary_cross_entropy_with_logits(scores, t, reduction="none").mean(1)
        if name == "quantile":
            levels, errors = torch.tensor(fields, dtype=torch.float64), t - scores
            return torch.maximum(levels * errors, (levels - 1) * errors).mean(1)
        if name == "huber":
            return functional.huber_loss(scores, t, reduction="none", delta=fields).mean(1)
        error = scores - t
        return (error**2 if name == "mse" else error.abs()).mean(1)

    losses = []
    for _ in range(EPOCHS):
        for low in range(0, ROWS, BATCH):
            rows = slice(low, low + BATCH)
            value = (row_losses(x[rows] @ weight + bias, target[rows]) * every[rows]).mean()
            losses.append(value.item())
            value.backward()
            with torch.no_grad():
                for parameter in (weight, bias):
                    parameter -= RATE * parameter.grad
                    parameter.grad = None
    whole = ((row_losses(x @ weight + bias, target) * every).sum() / every.sum()).item()
    return {"losses": losses, "weight": weight.tolist(), "bias": bias.tolist(), "whole": whole}


if __name__ == "__main__":
    recorded = {name: _trained(*case) for name, case in CASES.items()}
    GOLDEN.write_text(json.dumps(recorded).replace('}, "', '},\n"') + "\n")
