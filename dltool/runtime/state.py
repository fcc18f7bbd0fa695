"""What outlives a step, by name, in the layout of the cpu kernels: parameters, slots, statistics, averages, constants.

Training and evaluation share it. Reading and writing speak logical arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dltool.program.layout import Layout
from dltool.program.program import Program
from dltool.runtime.memory import aligned


class State:
    """Named buffers that live as long as the engine."""

    def __init__(
        self,
        programs: Iterable[Program],
        together: Iterable[Sequence[str]] = (),
        given: Mapping[str, np.ndarray] | None = None,
    ):
        """Values of float32 whose names come `together` lie one after the other in one block.

        Blocks of bytes may be `given`, by the first name in each.
        """
        programs, given = list(programs), given or {}
        self._layouts: dict[str, Layout] = {}
        self._buffers: dict[str, np.ndarray] = {}
        self._blocks: dict[str, np.ndarray] = {}  # by the name of the first value in each
        known = {value.name: program.layouts[value] for program in programs for value in program.graph.persistent}
        for names in together:
            block = given.get(names[0])
            if block is None:
                block = aligned(sum(known[name].bytes for name in names))
            block, start = block.view(np.float32), 0
            for name in names:
                self._layouts[name] = known[name]
                self._buffers[name] = block[start : start + known[name].elements]
                start += known[name].elements
            self._blocks[names[0]] = block
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

    def block(self, names: Sequence[str]) -> np.ndarray:
        """The stored form (n,) of values that lie together."""
        return self._blocks[names[0]]

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
