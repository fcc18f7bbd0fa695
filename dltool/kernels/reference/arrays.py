"""The array library that a kernel computes with: that of its arrays, NumPy or another of the same functions.

Kernels ask for it by `namespace`, so that a library that traces its arrays, such as jax.numpy, can run them too. For
the same reason they never write into an array; what would be added in place is added by `added_at`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: an array of NumPy, or of another library
Array = Any


def namespace(array: Any) -> Any:
    """The library of an array, a module of functions as in the Python array API standard; that of a number is NumPy."""
    return array.__array_namespace__() if hasattr(array, "__array_namespace__") else np


def added_at(array: Any, place: Any, values: Any) -> Any:
    """A copy of an array with values added at a place, once for each time that it is named."""
    if hasattr(array, "at"):
        return array.at[place].add(values)
    copied = array.copy()
    if isinstance(place, np.ndarray):
        np.add.at(copied, place, values)
    else:  # slices name each place once
        copied[place] += values
    return copied
