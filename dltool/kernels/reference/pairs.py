"""Reference pairs of numbers in bfloat16: words of 32 bits, the first number in the lower half."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.pairs import depth_words, whole_words
from dltool.kernels.reference.bfloat16 import round_bfloat16

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def paired(x: np.ndarray, axis: int) -> np.ndarray:
    """Words of numbers that follow each other along an axis, rounded; behind an odd number of them comes 0."""
    rows = np.moveaxis(x, axis, 0)
    if len(rows) % 2:
        rows = np.concatenate([rows, np.zeros_like(rows[:1])])
    halves = round_bfloat16(rows).astype(np.float32).view(np.uint32) >> 16
    return np.moveaxis(halves[0::2] | halves[1::2] << 16, 0, axis)


def padded(x: np.ndarray, axis: int, size: int) -> np.ndarray:
    """x with zeros behind it along an axis."""
    widths = [(0, 0)] * x.ndim
    widths[axis] = (0, size - x.shape[axis])
    return np.pad(x, widths)


def unpaired(words: np.ndarray, axis: int) -> np.ndarray:
    """The numbers along that axis, twice as many."""
    rows = np.moveaxis(words, axis, 0)
    halves = np.stack([rows << 16, rows & np.uint32(0xFFFF0000)], axis=1).reshape(-1, *rows.shape[1:])
    return np.moveaxis(np.ascontiguousarray(halves).view(np.float32), 0, axis)


def pair_channels(x: np.ndarray) -> np.ndarray:
    """y (B, …, C/2)."""
    return paired(padded(x, -1, 2 * depth_words(x.shape[-1])), -1)


def pair_steps(x: np.ndarray, *, steps: int) -> np.ndarray:
    """y (B, …, T/2, C)."""
    return paired(x, -2)


def pair_samples(x: np.ndarray, *, rows: int, step: StepRecord) -> np.ndarray:
    """y (rows/2, C)."""
    return paired(padded(x, 0, rows), 0)


def pair_inputs(w: np.ndarray, *, inputs: int, taps: int) -> np.ndarray:
    """y (…, K/2, N)."""
    return paired(padded(w, -2, 2 * depth_words(inputs)), -2)


def pair_outputs(w: np.ndarray, *, inputs: int, taps: int) -> np.ndarray:
    """y (…, N/2, K), of whole blocks of 32 outputs."""
    return paired(padded(w, -1, 2 * whole_words(w.shape[-1])), -1).swapaxes(-1, -2)
