"""What a backend does for the engine: it holds the state of a run's networks, and runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dltool.program.building import Network
from dltool.runtime.plan import StepPlan


class Backend:
    """State by name, and runners of networks over it."""

    #: whether networks are compiled for the data at hand, and run on a device with memory of its own
    compiles_programs = False
    #: how many calls can be under way while another one is prepared
    ahead = 0

    @property
    def device_name(self) -> str:
        """What the networks run on, such as "NVIDIA H100"; empty for the processor."""
        return ""

    @property
    def compile_seconds(self) -> float:
        """Spent on compiling so far."""
        return 0.0

    def read(self, name: str) -> np.ndarray:
        """A value as a logical array; a copy."""
        raise NotImplementedError

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set values by name."""
        raise NotImplementedError

    def runner(self, network: Network, data: Mapping[str, np.ndarray], instead: Mapping[str, str]) -> Any:
        """A network on a part of the data; `instead` names state to use in place of another."""
        raise NotImplementedError

    def longest(self, network: Network) -> int:
        """The most micro-batches that one call should run."""
        return 1

    def gather(self) -> None:
        """Bring here what other ranks own of the state."""

    # for backends that compile programs

    def to_device(self, data: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
        """Copies of data on the device, once they are there."""
        raise NotImplementedError

    def prepare(self, wanted: Sequence[tuple[Any, StepPlan, bool]]) -> None:
        """Compile what runners need for some plans that do or do not collect outputs."""
        raise NotImplementedError

    def limits(self) -> tuple[float, float]:
        """(operations, bytes) per second that a device can do."""
        raise NotImplementedError
