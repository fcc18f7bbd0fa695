"""Reference batches: data (n, …) of all samples, rows (B,) int64 into it, and the outputs that are kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.random import drawn, permute

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def order(*, rows_total: int, shuffle: int, key: int, step: StepRecord) -> np.ndarray:
    """rows (B,) = the epoch's order at (position − origin + i) mod rows_total, i < B; the identity without shuffle."""
    index = (step.position - step.origin + namespace(step.position).arange(step.rows)) % rows_total
    return permute(index, rows_total, key=key, epoch=step.epoch) if shuffle else index


def stream_order(*, streams: int, length: int, step: StepRecord) -> np.ndarray:
    """rows (B,): position p = position + i of the epoch, i < B, is row p // streams of stream p mod streams."""
    position = step.position + namespace(step.position).arange(step.rows)
    return position % streams * length + position // streams


def draw(chances: np.ndarray, others: np.ndarray, *, rows_total: int, key: int, step: StepRecord) -> np.ndarray:
    """rows (B,) = what is drawn for positions position + i of the epoch, i < B, from tables (rows_total,)."""
    index = step.position + namespace(step.position).arange(step.rows)
    return drawn(index, chances[:rows_total], others[:rows_total], key=key, epoch=step.epoch)


def gather(data: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """x (B, …) = data[rows]."""
    return data[rows]


def gather_scaled(data: np.ndarray, rows: np.ndarray, offset: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """x (B, …, C) = (data[rows] − offset) · factor, data uint8, offset and factor () or (C,)."""
    return (data[rows].astype(factor.dtype) - offset) * factor


def gather_labels(data: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """labels (B,) int64 = data[rows]."""
    return data[rows]


def gather_targets(data: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """targets (B, k) = data[rows]."""
    return data[rows]


def collect(x: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """collected (B, …) = x (B, …): the rows of this step, whose place among those of the run is the caller's."""
    return x
