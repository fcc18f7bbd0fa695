"""Aligned memory for buffers."""

from __future__ import annotations

import numpy as np

ALIGNMENT = 64


def aligned(size: int) -> np.ndarray:
    """`size` zeroed bytes that start at a cache line."""
    block = np.zeros(size + ALIGNMENT, np.uint8)
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


def address(array: np.ndarray) -> int:
    """Where an array's elements start."""
    return array.ctypes.data
