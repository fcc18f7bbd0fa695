"""Reference mixing of the samples of a batch: x, other and y (B, H, W, C), mixture (B, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.random import MASK, philox

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def pair(
    rows: np.ndarray,
    blending: np.ndarray,
    patching: np.ndarray,
    *,
    patches: float,
    height: int,
    width: int,
    stream: int,
    key: int,
    step: StepRecord,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(others (B,), mixture (B, 5), share (B, 1)) of rows (B,) and tables of λ's quantiles (K,).

    Zhang et al., mixup, 2018: λ of the one, 1 − λ of the other. Yun et al., CutMix, 2019: a rectangle of √(1 − λ) of
    each side about a pixel that is drawn evenly, as far as it lies within the image, of the other. The random numbers
    of a sample are the words of Philox with counter (place in the epoch, 0, epoch, stream) and the words of `key`: of
    which kind it is, λ, and the pixel. The first word for (the batch's first place, 1, epoch, stream) tells the shift.
    """
    count, secret = len(rows), (key & MASK, key >> 32 & MASK)
    first = philox((step.position & MASK, 1, step.epoch & MASK, stream), secret)[0]
    shift = 1 + (int(first) * (count - 1) >> 32)
    places = (step.position + np.arange(count, dtype=np.int64)) & MASK
    kind, level, down, right = (word / 2.0**32 for word in philox((places, 0, step.epoch & MASK, stream), secret))
    patched = kind < patches
    kept = np.where(patched, _quantile(patching, level), _quantile(blending, level))
    side = np.sqrt(1 - kept)
    tall, wide, middle, center = (
        n.astype(np.int64) for n in (height * side, width * side, down * height, right * width)
    )
    top, left = middle - tall // 2, center - wide // 2
    bottom, end = np.minimum(top + tall, height), np.minimum(left + wide, width)
    top, left = np.maximum(top, 0), np.maximum(left, 0)
    share = np.where(patched, 1 - (bottom - top) * (end - left) / (height * width), kept)
    rectangle = np.where(patched, (top, left, bottom, end), 0)
    mixture = np.stack([np.where(patched, 0, 1 - kept), *rectangle], axis=-1)
    others = np.roll(rows, -shift)
    return others, mixture.astype(blending.dtype), share[:, None].astype(blending.dtype)


def mix(x: np.ndarray, other: np.ndarray, mixture: np.ndarray, *, width: int) -> np.ndarray:
    """y = x · (1 − part) + other · part with part = mixture[0] > 0, and other in the rectangle mixture[1:]."""
    part = mixture[:, 0].reshape(-1, 1, 1, 1)
    top, left, bottom, right = mixture[:, 1:].astype(np.int64).T.reshape(4, -1, 1, 1, 1)
    blended = np.where(part > 0, x * (1 - part) + other * part, x)
    row, column = np.arange(x.shape[1])[:, None, None], np.arange(width)[:, None]
    inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
    return np.where(inside, other, blended)


def _quantile(table: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Between the two nearest entries, in float64."""
    place = level * (len(table) - 1)
    below = place.astype(np.int64)
    low, high = table[below].astype(np.float64), table[below + 1].astype(np.float64)
    return low + (place - below) * (high - low)
