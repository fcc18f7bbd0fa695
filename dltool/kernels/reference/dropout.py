"""Reference dropout: x, y and mask (B, …, C)."""

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
    rows = x.size // channels
    bits = random_bits(rows, channels, key=key, stream=stream, step=step.step, position=step.position)
    kept = bits >= np.uint32(math.floor(rate * 2**32))
    mask = (kept / (1 - rate)).reshape(x.shape).astype(x.dtype)
    return x * mask, mask
