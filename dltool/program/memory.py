"""The memory plan: where every activation lies in one arena, placed before the first step.

A buffer lives from the stage that writes it to the last stage that reads it; buffers whose lives do not overlap share
memory. Within a stage threads are at different nodes, so only values of one layout share memory there: row-wise nodes
touch nothing but their thread's rows, which are at the same offsets in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dltool.kernels.records import VECTOR_BYTES
from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.layout import Layout
from dltool.program.stages import Stage


@dataclass(frozen=True)
class MemoryPlan:
    """Byte offsets of activations in the arena, and of chunk-sized gradients in each thread's scratch."""

    offsets: Mapping[Value, int]
    arena_bytes: int
    scratch: Mapping[Value, int]
    scratch_bytes: int


def plan_memory(
    stages: Sequence[Stage], layouts: Mapping[Value, Layout], external: frozenset[Value], kept: frozenset[Value]
) -> MemoryPlan:
    """Places every value that a node writes, but for `external` ones; `kept` ones stay to the end of the step."""
    uses = _Uses(stages)
    local = {value for value in uses.written if _is_local(value, uses)} - external - kept
    scratch, scratch_bytes = _place_scratch(sorted(local, key=lambda value: value.name), stages)
    lives: dict[Value, tuple[int, int]] = {}
    for value in uses.written:
        if value not in local and value not in external:
            last = len(stages) if value in kept else max((stage for stage, _ in uses.readers(value)), default=-1)
            lives[value] = (uses.written[value][0], max(last, uses.written[value][0]))
    homes = _homes(uses, layouts, lives, kept)
    offsets, arena_bytes = _place(homes, layouts, lives)
    return MemoryPlan({value: offsets[home] for value, home in homes.items()}, arena_bytes, scratch, scratch_bytes)


class _Uses:
    """Who writes and who reads each value, as (stage, node) in running order."""

    def __init__(self, stages: Sequence[Stage]):
        self.written: dict[Value, tuple[int, Node]] = {}
        self._readers: dict[Value, list[tuple[int, Node]]] = {}
        self._order: dict[Node, int] = {}
        for place, node in running_order(stages):
            self._order[node] = len(self._order)
            for value in node.outputs:
                self.written[value] = (place, node)
            for value in node.reads:
                self._readers.setdefault(value, []).append((place, node))

    def readers(self, value: Value) -> list[tuple[int, Node]]:
        return self._readers.get(value, [])

    def done_before(self, value: Value, stage: int, node: Node) -> bool:
        """Whether all others that read `value` have done so when a thread comes to `node` with its rows."""
        return all(
            place < stage or (place == stage and reader.op.cut is Cut.ROWS and self._order[reader] < self._order[node])
            for place, reader in self.readers(value)
            if reader is not node
        )


def running_order(stages: Sequence[Stage]) -> Iterator[tuple[int, Node]]:
    """Every node once, with the number of its stage."""
    for place, stage in enumerate(stages):
        for node in stage.rows:
            yield place, node
        for group in dict.fromkeys(item.nodes for item in stage.items):
            for node in group:
                yield place, node


def _is_local(value: Value, uses: _Uses) -> bool:
    """Whether a gradient is read only by the nodes that follow it in the same items, so that a chunk of it suffices."""
    stage, writer = uses.written[value]
    if writer.op.cut is not Cut.PARAMETER or value.spec.batched:
        return False
    readers = uses.readers(value)
    alike = all(place == stage and reader.op.cut is Cut.PARAMETER for place, reader in readers)
    return bool(readers) and alike and all(value not in reader.updated for _, reader in readers)


def _place_scratch(local: Sequence[Value], stages: Sequence[Stage]) -> tuple[dict[Value, int], int]:
    """One chunk for each local value; items run one after the other, so different parameters share the same place."""
    offsets: dict[Value, int] = {}
    total = 0
    chosen = set(local)
    for stage in stages:
        for item in stage.items:
            end = 0
            for value in dict.fromkeys(v for node in item.nodes for v in node.outputs if v in chosen):
                offsets[value] = max(offsets.get(value, 0), end)
                end = offsets[value] + (item.high - item.low) * VECTOR_BYTES
            total = max(total, end)
    return offsets, total


def _homes(
    uses: _Uses, layouts: Mapping[Value, Layout], lives: dict[Value, tuple[int, int]], kept: frozenset[Value]
) -> dict[Value, Value]:
    """For each value the one whose buffer it uses: its own, or one of its layout that is dead when it is written."""
    homes: dict[Value, Value] = {}
    occupants: dict[Layout, dict[Value, Value]] = {}  # of each home, the value written last
    for value, (stage, node) in uses.written.items():
        if value not in lives:
            continue
        alike = occupants.setdefault(layouts[value], {})
        free = [
            home
            for home, occupant in alike.items()
            if lives[home][1] == stage  # a shorter life is left to `_place`
            and _may_replace(node, value, occupant)
            and occupant not in kept
            and uses.done_before(occupant, stage, node)
        ]
        home = max(free, key=lambda home: alike[home] in node.inputs, default=value)
        if free:
            lives[home] = (lives[home][0], lives[value][1])
        homes[value] = home
        alike[home] = value
    return homes


def _may_replace(node: Node, value: Value, other: Value) -> bool:
    """Whether a node may write `value` where `other` of the same layout is: its own operands only in place.

    What is not of the batch is read whole by every thread, perhaps later than this one writes.
    """
    if node.op.cut is not Cut.ROWS or not value.spec.batched or other in node.outputs:
        return False
    if other not in node.reads:
        return True
    first = next(output for output in node.outputs if output.spec == value.spec)
    return value is first and (node.op.elementwise or (node.op.in_place and other is node.inputs[0]))


def _place(
    homes: Mapping[Value, Value], layouts: Mapping[Value, Layout], lives: Mapping[Value, tuple[int, int]]
) -> tuple[dict[Value, int], int]:
    """First fit, largest first."""
    offsets: dict[Value, int] = {}
    total = 0
    for home in sorted(dict.fromkeys(homes.values()), key=lambda v: (-layouts[v].bytes, v.name)):
        size = -(-layouts[home].bytes // VECTOR_BYTES) * VECTOR_BYTES
        taken = sorted(
            (offsets[other], offsets[other] + -(-layouts[other].bytes // VECTOR_BYTES) * VECTOR_BYTES)
            for other in offsets
            if lives[other][0] <= lives[home][1] and lives[home][0] <= lives[other][1]
        )
        start = 0
        for low, high in taken:
            if start + size <= low:
                break
            start = max(start, high)
        offsets[home] = start
        total = max(total, start + size)
    return offsets, total
