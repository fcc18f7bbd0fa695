"""From a program to the table that the step loop walks: addresses, argument records, and each thread's share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dltool.kernels import records
from dltool.kernels.cpu import library
from dltool.kernels.records import Kernel, bits
from dltool.ops.bias import AddBias
from dltool.ops.graph import Node, Value
from dltool.ops.op import Op, Report
from dltool.program.program import Program
from dltool.program.sample_moments import SUMMING
from dltool.program.stages import Stage
from dltool.registry import registered
from dltool.runtime.filling import SORT, SPREAD
from dltool.runtime.kernels import function_of, kernel_of, tiles_of, workspace_bytes
from dltool.runtime.memory import address, aligned
from dltool.runtime.state import State


@dataclass
class Buffers:
    """Where a program finds its values, beside the state."""

    data: Mapping[str, np.ndarray]  # features and target of one part, or of a span of an epoch
    reports: dict[Report, np.ndarray] = field(default_factory=dict)  # losses, and outputs of the samples
    instead: Mapping[str, str] = field(default_factory=dict)  # state to use in place of another, such as an average


class Table:
    """A program bound to memory, for a number of threads; its arena may be one that others use in between."""

    def __init__(self, program: Program, state: State, buffers: Buffers, threads: int, arena: np.ndarray | None = None):
        self._program, self._state, self._buffers, self.threads = program, state, buffers, threads
        self._arena = aligned(program.memory.arena_bytes) if arena is None else arena
        self._scratch = [aligned(program.memory.scratch_bytes) for _ in range(threads)]
        room = max((workspace_bytes(node, program.layouts) for node in program.nodes), default=0)
        self._workspaces = [aligned(room) for _ in range(threads)]
        self._zeros = aligned(self._widest_bias() * 4)
        self.nodes: list[Node] = []
        self._places: dict[int, int] = {}  # of each node's record
        self._ops: list[tuple[int, int, int]] = []
        records_of = [self._lay_out(thread) for thread in range(threads)]
        self._arguments = np.array(records_of, np.int64)
        starts = [start for _, start, _ in self._ops]
        self._moving = [(start, node) for start, node in zip(starts, self.nodes, strict=True) if _follows_data(node)]
        self._stages, self._items, self._cuts = self._share_work()
        self._op_table = np.array(self._ops, np.int64).reshape(-1, records.OP_FIELDS)
        self._meeting = aligned(16 * records.LINE).view(np.int64)
        self.ticks = np.zeros((threads, len(self._ops) + len(program.stages)), np.int64)
        self.header = self._header()

    @property
    def bytes(self) -> int:
        """Memory of activations and scratch."""
        return self._arena.nbytes + sum(array.nbytes for array in (*self._scratch, *self._workspaces))

    def rebind(self) -> None:
        """Take up buffers of data and reports that have moved."""
        for thread in range(self.threads):
            for start, node in self._moving:
                record = self._record(node, thread)
                self._arguments[thread, start : start + len(record)] = record

    def plan(self, steps: np.ndarray, *, timed: bool = False) -> None:
        """Set the steps that are to run; they must stay where they are meanwhile."""
        self.header[records.TABLE_STEPS] = address(steps)
        self.header[records.TABLE_TICKS] = address(self.ticks) if timed else 0

    def value(self, value: Value) -> np.ndarray:
        """The stored form of an activation that the plan keeps."""
        layout = self._program.layouts[value]
        start = self._program.memory.offsets[value]
        return self._arena[start : start + layout.bytes].view(layout.dtype)

    def _widest_bias(self) -> int:
        return max((layout.elements for v, layout in self._program.layouts.items() if not v.spec.batched), default=16)

    def _lay_out(self, thread: int) -> list[int]:
        """All argument records of one thread, stage by stage."""
        integers: list[int] = []
        self.nodes, self._ops, self._places = [], [], {}
        for stage in self._program.stages:
            for node in (*stage.rows, *dict.fromkeys(node for item in stage.items for node in item.nodes)):
                self._places[id(node)] = len(self.nodes)
                self.nodes.append(node)
                flags = records.UPDATE if node.per_update else 0
                flags |= records.COLLECT if node.op.reports is Report.OUTPUTS else 0
                self._ops.append((library.address(kernel_of(node.op)), len(integers), flags))
                integers.extend(self._record(node, thread))
        return integers

    def _operand(self, value: Value, node: Node, thread: int) -> tuple[int, int, int, int]:
        layout = self._program.layouts[value]
        place, local = self._place(value, node, thread)
        extra = layout.rows_per_sample if value.spec.batched else int(local)
        return place, layout.stored_rows, layout.channels, extra

    def _place(self, value: Value, node: Node, thread: int) -> tuple[int, bool]:
        memory = self._program.memory
        if value.role == "data":
            return address(self._buffers.data[value.name]), False
        if value in memory.offsets:
            return address(self._arena) + memory.offsets[value], False
        if value in memory.scratch:
            return address(self._scratch[thread]) + memory.scratch[value], True
        if node.op.reports and value in node.outputs:
            return address(self._buffers.reports[node.op.reports]), False
        name = self._buffers.instead.get(value.name, value.name)
        return address(self._state.buffer(name)), False

    def _record(self, node: Node, thread: int) -> list[int]:
        """What the kernel of a node is called with."""
        record, tiles = kernel_of(node.op).record, tiles_of(node.op)
        assert record is not None
        operands = [self._operand(value, node, thread) for value in (*node.inputs, *_own_outputs(node))]
        attributes = {**node.attributes, **node.op.data_attributes(node, self._buffers.data)}
        if node.op.elementwise:
            one, two = _two_numbers(node)
            attributes = {"function": library.address(function_of(node.op)), "one": one, "two": two}
        return record.encode(
            operands,
            attributes,
            workspace=address(self._workspaces[thread]),
            tiles=[library.address(tile) for tile in tiles],
            epilogue=self._epilogue(node, thread) if record.has_epilogue else (),
        )

    def _epilogue(self, node: Node, thread: int) -> list[int]:
        biases = [part.inputs[1] for part in node.epilogue if part.op is AddBias]
        functions = [part for part in node.epilogue if part.op.elementwise]
        start = self._place(biases[0], node, thread)[0] if biases else address(self._zeros)
        floor = functions[0].op.floor if functions and _is_floor(node, functions[0]) else None
        calls = [self._call(part, node, thread) for part in (functions if floor is None else functions[1:])]
        calls += [[0] * records.CALL_FIELDS] * (records.CALLS - len(calls))
        return [start, bits(-np.inf if floor is None else floor), *calls[0], *calls[1]]

    def _call(self, part: Node, node: Node, thread: int) -> list[int]:
        """An elementwise op of an epilogue: function, what it reads beside the product, output, two numbers."""
        others = [value for value in part.inputs if value not in node.inner and value not in node.outputs]
        saved = self._place(others[0], node, thread)[0] if others else 0
        output = part.outputs[0] if part.outputs[0] in node.outputs else node.outputs[0]
        out = self._place(output, node, thread)[0]
        return [library.address(function_of(part.op)), saved, out, *map(bits, _two_numbers(part))]

    def _share_work(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        stages, items, cuts = [], [], []
        for stage in self._program.stages:
            first = self._places[id(stage.rows[0])] if stage.rows else 0
            stages.append((first, first + len(stage.rows), stage.together))
            cuts.append([len(items) + cut for cut in _even_cuts(stage, self.threads)])
            for item in stage.items:
                start = self._places[id(item.nodes[0])]
                items.append((start, start + len(item.nodes), item.low, item.high))
        as_table = lambda rows, width: np.array(rows, np.int64).reshape(-1, width)  # noqa: E731
        return (
            as_table(stages, records.STAGE_FIELDS),
            as_table(items, records.ITEM_FIELDS),
            as_table(cuts, self.threads + 1),
        )

    def _header(self) -> np.ndarray:
        header = np.zeros(records.TABLE_FIELDS, np.int64)
        header[records.TABLE_OPS] = address(self._op_table)
        header[records.TABLE_OPS_COUNT] = len(self._op_table)
        header[records.TABLE_ARGUMENTS] = address(self._arguments)
        header[records.TABLE_ARGUMENTS_SIZE] = self._arguments.shape[1]
        header[records.TABLE_STAGES] = address(self._stages)
        header[records.TABLE_STAGES_COUNT] = len(self._stages)
        header[records.TABLE_ITEMS] = address(self._items)
        header[records.TABLE_CUTS] = address(self._cuts)
        header[records.TABLE_MEETING] = address(self._meeting)
        header[records.TABLE_THREADS] = self.threads
        return header


def kernels_of(program: Program) -> list[Kernel]:
    """All kernels that a program calls, the step loop among them."""
    kernels = [library.RUN_STEPS]
    for node in program.nodes:
        kernels += [kernel_of(node.op), *tiles_of(node.op)]
        parts = [part for part in (node, *node.epilogue) if part.op.elementwise and not _is_floor(node, part)]
        kernels += [function_of(part.op) for part in parts]
    return list(dict.fromkeys(kernels))


def all_kernels() -> list[Kernel]:
    """The kernels of all ops, and those that fill batches from a file: what any network can call."""
    kernels = [library.RUN_STEPS, SORT, SPREAD]
    for op in registered("op").values():
        if op in SUMMING:  # lowered to others
            continue
        kernels += [kernel_of(op), *tiles_of(op), *([function_of(op)] if op.elementwise else [])]
    return list(dict.fromkeys(kernels))


def _is_floor(node: Node, part: Node) -> bool:
    """Whether an epilogue begins with a floor on what nothing else reads, which the tile applies before it stores."""
    first = next((each for each in node.epilogue if each.op.elementwise), None)
    return node.op.takes_epilogue and first is part and part.op.floor is not None and part.inputs[0] in node.inner


def _follows_data(node: Node) -> bool:
    """Whether the record of a node depends on buffers that may move, or on the samples at hand."""
    values = [value for part in (node, *node.epilogue) for value in part.inputs]
    reads = any(value.role == "data" for value in values)
    return reads or node.op.reports is not None or node.op.data_attributes is not Op.data_attributes


def _own_outputs(node: Node) -> tuple[Value, ...]:
    """The outputs as the kernel knows them: that of a product is where its epilogue begins."""
    if not node.op.takes_epilogue:
        outputs = node.outputs
        # an elementwise op of one input has no second operand: its output stands in
        return (node.outputs[0], *outputs) if node.op.elementwise and len(node.inputs) == 1 else outputs
    functions = [part for part in node.epilogue if part.op.elementwise]
    if not functions:
        return node.outputs
    own = {*node.inner, *node.outputs}
    begins = (
        [functions[0].outputs[0]] if _is_floor(node, functions[0]) else [v for v in functions[0].inputs if v in own]
    )
    return (begins[0] if begins[0] in node.outputs else node.outputs[0],)


def _two_numbers(node: Node) -> list[float]:
    """The numbers that an elementwise function takes."""
    return [*(float(node.attributes[name]) for name in node.op.attributes), 0.0, 0.0][:2]


def _even_cuts(stage: Stage, threads: int) -> Sequence[int]:
    """Where each thread's items start, so that the costs are even."""
    costs = np.cumsum([0.0, *(item.cost for item in stage.items)])
    middles = (costs[1:] + costs[:-1]) / 2
    bounds = costs[-1] * np.arange(threads + 1) / threads
    return [int(cut) for cut in np.searchsorted(middles, bounds)]
