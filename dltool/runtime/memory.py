"""Aligned memory for buffers."""

from __future__ import annotations

import numpy as np

from dltool.kernels.records import VECTOR_BYTES


def aligned(size: int) -> np.ndarray:
    """`size` zeroed bytes that start at a cache line."""
    block = np.zeros(size + VECTOR_BYTES, np.uint8)
    start = -block.ctypes.data % VECTOR_BYTES
    return block[start : start + size]


def address(array: np.ndarray) -> int:
    """Where an array's elements start."""
    return array.ctypes.data
