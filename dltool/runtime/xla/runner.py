"""Runs the micro-batches of a plan on devices, many in one call of a compiled function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from dltool.kernels.reference.random import round_keys
from dltool.kernels.xla.batch import orders_of_epochs
from dltool.program.building import Network
from dltool.runtime.plan import StepPlan, StepResult
from dltool.runtime.xla.compiler import Compiler
from dltool.runtime.xla.devices import Devices, explained
from dltool.runtime.xla.needs import Needs
from dltool.runtime.xla.tracing import EPOCH, ORDER, Shape, Traced, encode

#: bytes of the orders of epochs that are found in one call
ORDER_BYTES = 1 << 24
#: most epochs whose orders are found in one call
ORDERS = 64


@dataclass(frozen=True)
class Piece:
    """Micro-batches of a plan that one call runs, from `low` to before `high`."""

    low: int
    high: int
    lines: int  # that it takes up, some of them perhaps empty
    rows: int  # of each


class Runner:
    """One network on one part of the data."""

    def __init__(
        self,
        network: Network,
        state: dict[str, jax.Array],
        data: Mapping[str, np.ndarray],
        devices: Devices,
        compiler: Compiler,
        longest: int,
        instead: Mapping[str, str],
    ):
        """`longest` limits the micro-batches of one call where nothing is trained."""
        self._network, self._state, self._devices, self._instead = network, state, devices, instead
        self._compiler, self._longest = compiler, longest
        self._traced = Traced.of(network.graph)
        self._compiled: dict[Shape, Any] = {}
        self._orders, self._orders_first = None, -1
        self._no_order = devices.put(np.zeros((1, 1), np.int32))
        self._samples = 0
        self.attach(data)

    def attach(self, data: Mapping[str, np.ndarray]) -> None:
        """Go on with other data.

        Fewer samples than before leave rows behind them that are not read, so that nothing is compiled anew.
        """
        wanted = {name: data[name] for name in self._traced.data}
        samples = len(wanted["target"])
        if samples < self._samples and self._traced.shuffle_key is None and not self._network.in_streams:
            wanted = {name: _filled(array, self._samples) for name, array in wanted.items()}
        if samples > self._samples:
            self._compiled = {}
        self._samples = max(samples, self._samples)
        self._bytes, self._data = sum(array.nbytes for array in wanted.values()), {}  # what was there makes room first
        with explained(self._devices, self._fitting):
            self._data = {name: self._devices.put(array) for name, array in wanted.items()}
        self._orders, self._orders_first = None, -1

    def prepare(self, plan: StepPlan, *, collect: bool) -> None:
        """Compile what a plan needs, and other plans that are parts of it."""
        pieces = {self._shape(plan, piece, collect=collect): piece for piece in self._pieces(plan)}
        lines = encode(plan)
        self._compile([(shape, self._arguments(piece, lines)) for shape, piece in pieces.items()])

    def run(self, plan: StepPlan, *, collect: bool) -> StepResult:
        """Run the micro-batches of a plan; `prepare` has compiled all but single ones."""
        lines = encode(plan)
        made = [told for piece in self._pieces(plan) for told in self._run_piece(plan, piece, lines, collect)]
        with explained(self._devices, self._fitting):
            told = jax.device_get(made)
        losses = np.concatenate([losses for losses, *_ in told])[: len(plan)]
        if not collect:
            return StepResult(losses)
        outputs = np.concatenate([outputs.reshape(-1, self._network.output.spec.size) for _, outputs in told])
        return StepResult(losses, self._counted(outputs, plan))

    def _counted(self, outputs: np.ndarray, plan: StepPlan) -> np.ndarray:
        """The outputs of rows that count; those of batches that were filled up are left out."""
        if not self._fills:
            return outputs
        rows = outputs.reshape(-1, self._network.rows, outputs.shape[-1])[: len(plan)]
        return rows[np.arange(self._network.rows) < plan.rows[:, None]]

    @property
    def _fills(self) -> bool:
        """Whether batches that are not full are filled up: not where one teaches, or is remembered."""
        return not self._network.graph.training and not self._network.in_streams

    def _run_piece(self, plan: StepPlan, piece: Piece, lines: np.ndarray, collect: bool) -> Iterator[Any]:
        shape = self._shape(plan, piece, collect=collect)
        if shape not in self._compiled and shape.lines > 1:  # such as the rest of a stretch that began elsewhere
            for i in range(piece.low, piece.high):
                yield from self._run_piece(plan, Piece(i, i + 1, 1, piece.rows), lines, collect)
            return
        arguments = self._arguments(piece, lines)
        self._compile([(shape, arguments)])
        with explained(self._devices, self._fitting):
            moved, told = self._compiled[shape](*arguments)
        self._state.update(moved)
        yield told

    def _arguments(self, piece: Piece, lines: np.ndarray) -> tuple[Any, ...]:
        own = np.zeros((piece.lines, lines.shape[1]), np.int32)
        own[: piece.high - piece.low] = lines[piece.low : piece.high]
        epoch = int(own[0, EPOCH])
        orders = self._orders_from(epoch)
        own[:, ORDER] = epoch - self._orders_first  # a piece lies within one epoch
        changed = {name: self._state[name] for name in self._traced.changed}
        fixed = {name: self._state[self._instead.get(name, name)] for name in self._traced.fixed}
        return changed, fixed, self._data, orders, own

    def _shape(self, plan: StepPlan, piece: Piece, *, collect: bool) -> Shape:
        conditional = bool(self._traced.closing) and not bool(plan.update.all())
        return Shape(piece.lines, piece.rows, collect, self._fills, conditional)

    def _compile(self, wanted: Sequence[tuple[Shape, tuple[Any, ...]]]) -> None:
        """Compile functions of some shapes, called with arguments like these, unless it is done."""
        missing = {shape: arguments for shape, arguments in wanted if shape not in self._compiled}
        traced = [(self._traced, shape, arguments) for shape, arguments in missing.items()]
        self._compiled |= zip(missing, self._compiler.compile(traced, self._fitting), strict=True)

    def _fitting(self) -> str:
        """What the network needs, and the largest batch that fits into the memory of a device."""
        needs = Needs.of(self._network, self._bytes)
        return needs.told(self._network.rows, self._devices.memory, len(self._devices.every))

    def _orders_from(self, epoch: int) -> Any:
        """The orders of some epochs, this one among them."""
        key, samples = self._traced.shuffle_key, self._samples
        if key is None:
            return self._no_order
        count = max(1, min(ORDERS, ORDER_BYTES // (4 * samples)))
        first = epoch - epoch % count
        if self._orders_first != first:
            keys = np.stack([round_keys(key, number) for number in range(first, first + count)], axis=1)
            self._orders = orders_of_epochs(samples, self._devices.put(keys[..., None]))
            self._orders_first = first
        return self._orders

    def _pieces(self, plan: StepPlan) -> Iterator[Piece]:
        """Stretches of the plan.

        They begin at whole numbers of them in the data at hand, so that bits do not depend on where a plan begins and
        ends, if that is between two of them. Where nothing is trained, batches and stretches are filled up instead.
        """
        if self._fills:
            lines = -(-len(plan) // -(-len(plan) // self._longest))
            for low in range(0, len(plan), lines):
                yield Piece(low, min(low + lines, len(plan)), lines, self._network.rows)
            return
        number = (plan.position - plan.origin) // self._network.rows
        keys = np.stack([plan.epoch, number // plan.stretch, plan.rows])
        cuts = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
        for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(plan)], strict=True):
            yield Piece(low, high, high - low, int(plan.rows[low]))


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])
