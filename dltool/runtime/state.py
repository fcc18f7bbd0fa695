"""What outlives a step, by name, in the layout of the cpu kernels: parameters, slots, statistics, averages, constants.

Training and evaluation share it. Reading and writing speak logical arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dltool.program.layout import Layout
from dltool.program.program import Program
from dltool.runtime.memory import aligned


class State:
    """Named buffers that live as long as the engine."""

    def __init__(self, programs: Iterable[Program]):
        self._layouts: dict[str, Layout] = {}
        self._buffers: dict[str, np.ndarray] = {}
        for program in programs:
            for value in program.graph.persistent:
                if value.name not in self._buffers:
                    layout = program.layouts[value]
                    self._layouts[value.name] = layout
                    self._buffers[value.name] = aligned(layout.bytes).view(layout.dtype)

    @property
    def bytes(self) -> int:
        """Size of all buffers."""
        return sum(buffer.nbytes for buffer in self._buffers.values())

    def buffer(self, name: str) -> np.ndarray:
        """The stored form of a value."""
        return self._buffers[name]

    def read(self, name: str) -> np.ndarray:
        """A value as a logical array; a copy."""
        return self._layouts[name].unpack(self._buffers[name])

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set values by name; names that no program knows are left out."""
        for name, array in arrays.items():
            if name in self._buffers:
                self._layouts[name].pack(array, self._buffers[name])
