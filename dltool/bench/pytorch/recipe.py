"""The input of the PyTorch process: a resolved config, initial values and batches, read from a folder of plain files.

`dltool.bench.exchange` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]


@dataclass(frozen=True)
class Update:
    """The micro-batches of one update: features, target, and their share of the update's samples, or of its tokens.

    If there are codes, the features are a pair (numbers, codes).
    """

    batches: Sequence[tuple[Any, Any, float]]
    samples: int


@dataclass(frozen=True)
class Recipe:
    """A training as plain data and tensors."""

    model: Sequence[str | Mapping[str, Any]]  # resolved layers
    loss: str | Mapping[str, Any]
    optimizer: str | Mapping[str, Any]
    compat: str | None
    feature_shape: tuple[int, ...]
    outputs: int  # classes, or targets
    vocabulary: int | None  # number of different integers, where features are integers
    tokens: bool  # whether each integer predicts the next; a target of −1 does not count
    norms: Mapping[str, Mapping[str, Any]]  # fields of norms that are part of other layers, by kind
    codes: Sequence[Mapping[str, Any]]  # columns with codes: name, start, length, size, width
    decayed: Sequence[str]  # parameters with weight decay
    clip: Mapping[str, float] | None
    average: float | None
    rates: Sequence[float]  # learning rate of each update; later updates keep the last one
    seed: int
    arrays: Mapping[str, np.ndarray]  # initial values and constants, by dltool's names
    updates: Sequence[Update]  # of one epoch


def read_recipe(folder: Path) -> Recipe:
    """Read the recipe in a folder; batches are views of one tensor."""
    fields = json.loads((folder / "recipe.json").read_text())
    features = torch.from_numpy(np.load(folder / "features.npy"))
    codes = torch.from_numpy(np.load(folder / "codes.npy"))
    target = torch.from_numpy(np.load(folder / "target.npy"))
    updates = []
    for spans in fields.pop("updates"):
        counts = [_counted(_rows_from(target, *span)) if fields["tokens"] else span[1] for span in spans]
        batches = []
        for span, count in zip(spans, counts, strict=True):
            batch = _rows_from(features, *span)
            inputs = (batch, _rows_from(codes, *span)) if fields["codes"] else batch
            batches.append((inputs, _rows_from(target, *span), count / sum(counts)))
        updates.append(Update(batches, sum(rows for _, rows in spans)))
    shape = tuple(features.shape[1:])
    return Recipe(**fields, feature_shape=shape, arrays=dict(np.load(folder / "arrays.npz")), updates=updates)


def _counted(target: Any) -> int:
    """The number of tokens to predict."""
    return int((target >= 0).sum())


def _rows_from(tensor: Any, start: int, rows: int) -> Any:
    """`rows` rows from `start`, wrapping around at the end."""
    if start + rows <= len(tensor):
        return tensor[start : start + rows]
    return tensor[torch.arange(start, start + rows) % len(tensor)]
