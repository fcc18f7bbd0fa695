"""State and runners on devices of XLA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from dltool.program.building import Network
from dltool.program.summary import step_flops
from dltool.runtime.backend import Backend
from dltool.runtime.device import Device
from dltool.runtime.plan import StepPlan
from dltool.runtime.xla.compiler import Compiler
from dltool.runtime.xla.devices import CALL_FLOPS, LONGEST, Devices, explained
from dltool.runtime.xla.limits import measured_limits
from dltool.runtime.xla.runner import Runner


class XlaBackend(Backend):
    """The state of some networks on devices, by name."""

    compiles_programs, ahead = True, 1

    def __init__(self, networks: list[Network], device: Device, on_compile: Callable[[str, float | None], None] | None):
        self._devices = Devices.found(device)
        self._compiler = Compiler(self._devices, on_compile)
        self._state: dict[str, Any] = {}
        totals = [value for network in networks for value in network.graph.values.values() if value.role == "total"]
        self.write({value.name: np.zeros(value.shape, np.float32) for value in totals})

    @property
    def device_name(self) -> str:
        """What the devices are called."""
        return self._devices.name

    @property
    def compile_seconds(self) -> float:
        """Spent on compiling so far."""
        return self._compiler.seconds

    def read(self, name: str) -> np.ndarray:
        """A value as an array; a copy."""
        with explained(self._devices):
            return np.array(self._state[name])

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set values by name."""
        with explained(self._devices):
            for name, array in arrays.items():
                self._state[name] = self._devices.put(np.asarray(array, np.float32))

    def runner(self, network: Network, data: Mapping[str, np.ndarray], instead: Mapping[str, str]) -> Runner:
        """A network on a part of the data; `instead` names state to use in place of another."""
        return Runner(network, self._state, data, self._devices, self._compiler, self.longest(network), instead)

    def to_device(self, data: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Copies of data on the devices, once they are there; the arrays may then be written again."""
        with explained(self._devices):
            return jax.block_until_ready({name: self._devices.put(array) for name, array in data.items()})

    def prepare(self, wanted: Sequence[tuple[Runner, StepPlan, bool]]) -> None:
        """Compile what runners need for some plans, and for parts of these, that do or do not collect outputs."""
        missing = {
            (runner, key): source
            for runner, plan, collect in wanted
            for key, source in runner.missing(plan, collect=collect).items()
        }
        hint = wanted[0][0].fitting if wanted else lambda: ""
        for (runner, key), program in zip(missing, self._compiler.compile(list(missing.values()), hint), strict=True):
            runner.take(key, program)

    def limits(self) -> tuple[float, float]:
        """(operations, bytes) per second that one device can do."""
        return measured_limits(self._devices)

    def longest(self, network: Network) -> int:
        """The most micro-batches that one call should run; it decides about bits, so it must not depend on a clock."""
        return max(1, min(LONGEST, int(CALL_FLOPS[self._devices.kind] // max(1, step_flops(network)))))
