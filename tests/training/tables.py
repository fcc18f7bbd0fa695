"""Small tables with targets of every task."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS = 120
COLORS = ("red", "green", "blue")
FEATURES = ("id", "a", "b", "colour")


def table(name: str, columns: dict[str, Any]) -> None:
    """A CSV file in the working directory."""
    with open(name, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def samples(seed: int, rows: int = ROWS) -> dict[str, Any]:
    """Features, and targets that follow from them."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, rows))
    colour = random.integers(0, 3, rows)
    score = a + b * (colour == 1)
    return {
        "id": [f"{row:04}" for row in range(rows)],
        "a": a,
        "b": b,
        "colour": [COLORS[one] for one in colour],
        "kind": np.array(["bad", "fair", "good one"])[np.digitize(score, [-0.5, 0.5])],
        "win": np.array(["lost", "won"])[(score > 0).astype(int)],
        "price": 5000 + 100 * score,
        "weight": 2 - score,
        "soft": (score > 0).astype(int),
        "hard": (b < 0).astype(int),
    }


@dataclass(frozen=True)
class Kind:
    """What a network was trained for, and the columns that it predicts."""

    targets: list[str]
    loss: str
    units: str | int
    columns: list[str]


KINDS = {
    "classes": Kind(
        ["kind"],
        "cross_entropy",
        "classes",
        ["prediction", "probability_bad", "probability_fair", "probability_good one"],
    ),
    "two classes": Kind(["win"], "binary_cross_entropy", 1, ["prediction", "probability_lost", "probability_won"]),
    "number": Kind(["price"], "mse", "targets", ["prediction"]),
    "numbers": Kind(["price", "weight"], "mse", "targets", ["prediction_price", "prediction_weight"]),
    "multilabel": Kind(
        ["soft", "hard"],
        "binary_cross_entropy",
        "targets",
        ["prediction_soft", "prediction_hard", "probability_soft", "probability_hard"],
    ),
}
