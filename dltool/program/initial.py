"""The values that parameters and states start from: functions of the seed and of each one's name alone."""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

import numpy as np

from dltool.ops.graph import Value


def initial_values(values: Iterable[Value], seed: int) -> dict[str, np.ndarray]:
    """Float32 arrays by name, for parameters, states and constants."""
    arrays: dict[str, np.ndarray] = {}
    for value in values:
        if value.initial is not None:
            generator = np.random.Generator(np.random.Philox(key=[seed % 2**64, crc32(value.name.encode())]))
            arrays[value.name] = np.asarray(value.initial(value.shape, generator), np.float64).astype(np.float32)
        elif value.of is not None and value.role == "state":
            arrays[value.name] = arrays[value.of.name].copy()
    return arrays
