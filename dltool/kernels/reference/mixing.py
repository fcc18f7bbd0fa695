"""Reference mixing of the samples of a batch: x, other and y (B, H, W, C), mixture (B, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.random import MASK, below, philox, product

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
    xp, count, secret = namespace(rows), len(rows), (key & MASK, key >> 32 & MASK)
    first = philox((step.position + xp.zeros(1, int), 1, step.epoch, stream), secret)[0]
    shift = 1 + below(first, count - 1)[0]
    places = step.position + xp.arange(count)
    kind, level, down, right = philox((places, 0, step.epoch, stream), secret)
    patched = kind / 2.0**32 < patches
    kept = xp.where(patched, _quantile(patching, level), _quantile(blending, level))
    side = xp.sqrt(1 - kept)
    tall, wide = (height * side).astype(int), (width * side).astype(int)
    top, left = below(down, height) - tall // 2, below(right, width) - wide // 2
    bottom, end = xp.minimum(top + tall, height), xp.minimum(left + wide, width)
    top, left = xp.maximum(top, 0), xp.maximum(left, 0)
    share = xp.where(patched, 1 - (bottom - top) * (end - left) / (height * width), kept)
    rectangle = xp.where(patched, xp.stack([top, left, bottom, end]), 0)
    mixture = xp.stack([xp.where(patched, 0, 1 - kept), *rectangle], axis=-1)
    others = xp.roll(rows, -shift)
    return others, mixture.astype(blending.dtype), share[:, None].astype(blending.dtype)


def mix(x: np.ndarray, other: np.ndarray, mixture: np.ndarray, *, width: int) -> np.ndarray:
    """y = x · (1 − part) + other · part with part = mixture[0] > 0, and other in the rectangle mixture[1:]."""
    xp = namespace(x)
    part = mixture[:, 0].reshape(-1, 1, 1, 1)
    top, left, bottom, right = mixture[:, 1:].astype(int).T.reshape(4, -1, 1, 1, 1)
    blended = xp.where(part > 0, x * (1 - part) + other * part, x)
    row, column = xp.arange(x.shape[1])[:, None, None], xp.arange(width)[:, None]
    inside = (row >= top) & (row < bottom) & (column >= left) & (column < right)
    return xp.where(inside, other, blended)


def _quantile(table: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Between the two nearest entries, at the random uint32 `level` over 2³² of the way; in float64 in NumPy."""
    place, rest = product(level, len(table) - 1)
    nearest, share = place.astype(int), rest / 2.0**32
    low, high = table[nearest].astype(share.dtype), table[nearest + 1].astype(share.dtype)
    return low + share * (high - low)
