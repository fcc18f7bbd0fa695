"""State and interpreters of the reference kernels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.program.building import Network
from dltool.runtime.backend import Backend
from dltool.runtime.interpreter import Interpreter


class ReferenceBackend(Backend):
    """Values are arrays, which interpreters work on."""

    def __init__(self) -> None:
        self._state: dict[str, np.ndarray] = {}

    def read(self, name: str) -> np.ndarray:
        return self._state[name].copy()

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._state.update(arrays)

    def runner(self, network: Network, data: Mapping[str, np.ndarray], instead: Mapping[str, str]) -> Interpreter:
        return Interpreter(network, self._state, data, instead)
