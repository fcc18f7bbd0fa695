"""Arrays as a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors.numpy import save


def tensor_file(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The content of the file, float32 as the network computes."""
    return save({name: np.ascontiguousarray(_plain(array)) for name, array in tensors.items()})


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array
