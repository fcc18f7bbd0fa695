"""Reference arithmetic of two values, joining them, and taking them apart: arrays (B, …, C)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.broadcasting import Axes


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y = a + b, of one shape."""
    return a + b


def subtract(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y = a − b, of one shape."""
    return a - b


def multiply(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y = a · b element by element, of one shape."""
    return a * b


def divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y = a / b element by element, of one shape."""
    return a / b


def add_broadcast(a: np.ndarray, b: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = a (B, …) + b, broadcast."""
    return a + b


def subtract_broadcast(a: np.ndarray, b: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = a (B, …) − b, broadcast."""
    return a - b


def multiply_broadcast(a: np.ndarray, b: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = a (B, …) · b, broadcast."""
    return a * b


def divide_broadcast(a: np.ndarray, b: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = a (B, …) / b, broadcast."""
    return a / b


def concat(*inputs: np.ndarray) -> np.ndarray:
    """y (B, …, Σ Cᵢ) = the inputs (B, …, Cᵢ) side by side."""
    xp = namespace(inputs[0])
    return xp.concatenate(inputs, axis=-1)


def split(x: np.ndarray, *, parts: int) -> tuple[np.ndarray, ...]:
    """The channels of x (B, …, parts · C) in parts (B, …, C)."""
    xp = namespace(x)
    return tuple(xp.split(x, parts, axis=-1))
