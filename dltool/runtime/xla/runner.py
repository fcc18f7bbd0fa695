"""Runs the micro-batches of a plan on devices, many in one call of a compiled function."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import numpy as np

from dltool.kernels.reference.random import round_keys
from dltool.program.building import Network
from dltool.runtime.plan import StepPlan, StepResult
from dltool.runtime.xla.compiler import Compiler, Source
from dltool.runtime.xla.devices import Devices, explained, narrow
from dltool.runtime.xla.needs import Needs
from dltool.runtime.xla.sources import of_orders, of_stretch
from dltool.runtime.xla.tracing import EPOCH, ORDER, Shape, Traced, encode

#: bytes of the orders of epochs that are found in one call
ORDER_BYTES = 1 << 24
#: most epochs whose orders are found in one call
ORDERS = 64
#: the key of what finds them
_ORDERS = "orders"


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
        self.traced = Traced.of(network.graph)
        self._compiled: dict[Hashable, Any] = {}
        self._orders, self._orders_first = None, -1
        self._no_order = devices.put(np.zeros((1, 1), np.int32))
        self._samples = 0
        self.attach(data)

    def attach(self, data: Mapping[str, np.ndarray]) -> None:
        """Go on with other data, which may be on the devices already; else it is brought there when it is needed.

        Fewer samples than before leave rows behind them that are not read, so that nothing is compiled anew.
        """
        wanted = {name: data[name] for name in self.traced.data}
        samples = len(wanted["target"])
        if samples < self._samples and self.traced.shuffle_key is None and not self._network.in_streams:
            wanted = {name: _filled(array, self._samples) for name, array in wanted.items()}
        if samples > self._samples:
            self._compiled = {}
        self._samples = max(samples, self._samples)
        self._given, self._data = wanted, {}  # what was there makes room first
        self._orders, self._orders_first = None, -1

    def missing(self, plan: StepPlan, *, collect: bool) -> dict[Hashable, Source]:
        """What a plan and parts of it need, but is not compiled: calls by their shape, and the orders of epochs."""
        columns = encode(plan).shape[1]
        shapes = dict.fromkeys(
            self._shape(plan, piece, collect=collect) for piece in self._pieces(plan, collect=collect)
        )
        sources: dict[Hashable, Source] = {shape: self._source(shape, columns) for shape in shapes}
        if self.traced.shuffle_key is not None:
            sources[_ORDERS] = of_orders(self._samples, self._orders_at_once, self._devices)
        return {key: source for key, source in sources.items() if key not in self._compiled}

    def take(self, key: Hashable, program: Any) -> None:
        """What was compiled from one of the sources."""
        self._compiled[key] = program

    def run(self, plan: StepPlan, *, collect: bool) -> StepResult:
        """Run the micro-batches of a plan."""
        return self.begin(plan, collect=collect)()

    def begin(self, plan: StepPlan, *, collect: bool) -> Callable[[], StepResult]:
        """Have the devices run a plan, without waiting for them; what this returns waits, and gives the result.

        Nothing is compiled here but single micro-batches.
        """
        lines = encode(plan)
        made = [
            told
            for piece in self._pieces(plan, collect=collect)
            for told in self._run_piece(plan, piece, lines, collect)
        ]
        with explained(self._devices, self.fitting):
            for array in jax.tree.leaves(made):
                array.copy_to_host_async()
        return partial(self._result, plan, made)

    def _result(self, plan: StepPlan, made: list[Any]) -> StepResult:
        with explained(self._devices, self.fitting):
            told = jax.device_get(made)
        losses = np.concatenate([losses for losses, *_ in told])[: len(plan)]
        outputs = [outputs.reshape(-1, self._network.output.spec.size) for _, *rest in told for outputs in rest]
        return StepResult(losses, self._counted(np.concatenate(outputs), plan) if outputs else None)

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
        program = self._program(shape, lambda: of_stretch(self.traced, shape, arguments, self._devices))
        with explained(self._devices, self.fitting):
            moved, told = program(*arguments)
        self._state.update(moved)
        yield told

    def _arguments(self, piece: Piece, lines: np.ndarray) -> tuple[Any, ...]:
        own = np.zeros((piece.lines, lines.shape[1]), np.int32)
        own[: piece.high - piece.low] = lines[piece.low : piece.high]
        epoch = int(own[0, EPOCH])
        orders = self._orders_from(epoch)
        own[:, ORDER] = epoch - self._orders_first  # a piece lies within one epoch
        if not self._data:
            with explained(self._devices, self.fitting):
                self._data = {name: self._devices.put(array) for name, array in self._given.items()}
        return *self._state_of_network(), self._data, orders, own

    def _like(self, shape: Shape) -> Shape:
        """A shape that is compiled and not much longer, if there is one; what is left of it stays empty."""
        longer = [one for one in self._compiled if isinstance(one, Shape) and replace(one, lines=shape.lines) == shape]
        return min((one for one in longer if 0 <= one.lines - shape.lines <= shape.lines), key=_lines, default=shape)

    def _program(self, key: Hashable, source: Callable[[], Source]) -> Any:
        if key not in self._compiled:
            (self._compiled[key],) = self._compiler.compile([source()], self.fitting)
        return self._compiled[key]

    def _source(self, shape: Shape, columns: int) -> Source:
        """Of calls of a shape, with descriptions in place of data."""
        data = {name: jax.ShapeDtypeStruct(array.shape, narrow(array.dtype)) for name, array in self._given.items()}
        orders = self._no_order if self.traced.shuffle_key is None else _integers(self._orders_at_once, self._samples)
        arguments = *self._state_of_network(), data, orders, _integers(shape.lines, columns)
        return of_stretch(self.traced, shape, arguments, self._devices)

    def _state_of_network(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a call changes, and what it only reads."""
        changed = {name: self._state[name] for name in self.traced.changed}
        return changed, {name: self._state[self._instead.get(name, name)] for name in self.traced.fixed}

    def _shape(self, plan: StepPlan, piece: Piece, *, collect: bool) -> Shape:
        several = bool((plan.count[piece.low : piece.high] > 1).any())  # of a piece: a call ends where the clock says
        conditional = bool(self.traced.closing) and several
        return Shape(piece.lines, piece.rows, collect, self._fills, conditional)

    def fitting(self) -> str:
        """What the network needs, and the largest batch that fits into the memory of a device."""
        copies = 2 if any(isinstance(array, jax.Array) for array in self._given.values()) else 1  # the next ones, too
        needs = Needs.of(self._network, copies * sum(array.nbytes for array in self._given.values()))
        return needs.told(self._network.rows, self._devices.memory, len(self._devices.every))

    @property
    def _orders_at_once(self) -> int:
        """How many epochs have their orders found in one call."""
        return max(1, min(ORDERS, ORDER_BYTES // (4 * max(1, self._samples))))

    def _orders_from(self, epoch: int) -> Any:
        """The orders of some epochs, this one among them."""
        key, samples, count = self.traced.shuffle_key, self._samples, self._orders_at_once
        if key is None:
            return self._no_order
        first = epoch - epoch % count
        if self._orders_first != first:
            keys = np.stack([round_keys(key, number) for number in range(first, first + count)], axis=1)
            program = self._program(_ORDERS, lambda: of_orders(samples, count, self._devices))
            with explained(self._devices, self.fitting):
                self._orders = program(self._devices.put(keys[..., None]))
            self._orders_first = first
        return self._orders

    def _pieces(self, plan: StepPlan, *, collect: bool) -> Iterator[Piece]:
        """Stretches of the plan.

        They begin at whole numbers of them in the data at hand, so that bits do not depend on where a plan begins and
        ends, if that is between two of them. Where nothing is trained, batches and stretches are filled up instead.
        """
        if self._fills:
            lines = -(-len(plan) // -(-len(plan) // self._longest))
            lines = self._like(self._shape(plan, Piece(0, lines, lines, self._network.rows), collect=collect)).lines
            for low in range(0, len(plan), lines):
                yield Piece(low, min(low + lines, len(plan)), lines, self._network.rows)
            return
        number = (plan.position - plan.origin) // self._network.rows
        keys = np.stack([plan.epoch, number // plan.stretch, plan.rows])
        cuts = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
        for low, high in zip([0, *cuts.tolist()], [*cuts.tolist(), len(plan)], strict=True):
            yield Piece(low, high, high - low, int(plan.rows[low]))


def _lines(shape: Shape) -> int:
    return shape.lines


def _integers(*shape: int) -> Any:
    return jax.ShapeDtypeStruct(shape, np.int32)


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    return np.concatenate([array, np.zeros((rows - len(array), *array.shape[1:]), array.dtype)])
