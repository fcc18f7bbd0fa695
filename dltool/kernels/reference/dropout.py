"""Reference dropout: x, y and mask (B, …, C), or only a mask (B, 1, units)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.random import random_bits

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def dropout(x: np.ndarray, *, rate: float, stream: int, key: int, step: StepRecord) -> tuple[np.ndarray, np.ndarray]:
    """(x · mask, mask), mask = 1 / (1 − rate) where the element's random bits ≥ ⌊rate · 2³²⌋, else 0.

    Srivastava et al., Dropout, 2014, scaled in training so that inference needs no change.
    """
    channels = x.shape[-1]
    mask = _mask(x.size // channels, channels, rate, stream, key, step).reshape(x.shape).astype(x.dtype)
    return x * mask, mask


def dropout_mask(*, units: int, rate: float, stream: int, key: int, step: StepRecord) -> np.ndarray:
    """mask (B, 1, units), made as that of `dropout`."""
    return _mask(step.rows, units, rate, stream, key, step).reshape(step.rows, 1, units).astype(np.float32)


def _mask(rows: int, channels: int, rate: float, stream: int, key: int, step: StepRecord) -> np.ndarray:
    """(rows, channels)."""
    before, position = step.preceding * (rows // step.rows), step.position - step.preceding
    bits = random_bits(rows, channels, key=key, stream=stream, step=step.step, position=position, before=before)
    return factors_of(bits, rate)


def factors_of(bits: np.ndarray, rate: float) -> np.ndarray:
    """1 / (1 − rate) where random bits ≥ ⌊rate · 2³²⌋, else 0."""
    return (bits >= np.uint32(math.floor(rate * 2**32))) / (1 - rate)
