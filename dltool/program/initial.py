"""The values that parameters and states start from: functions of the seed and of each one's name alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zlib import crc32

import numpy as np

from dltool.ops.graph import Value


def initial_values(values: Iterable[Value], seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Names and float32 arrays of parameters, states and constants, one at a time."""
    for value in values:
        source = value.of if value.role == "state" and value.initial is None else value
        if source is not None and source.initial is not None:
            key = np.array([seed % 2**64, crc32(source.name.encode())], np.uint64)
            generator = np.random.Generator(np.random.Philox(key=key))
            yield value.name, np.asarray(source.initial(value.shape, generator), np.float32)
