"""The memory plan: where every activation lies in one arena, placed before the first step.

A buffer lives from the stage that writes it to the last stage that reads it; buffers whose lives do not overlap share
memory. Within a stage threads are at different nodes, so sharing goes by whole stages, except where an op may write
its output over its input: both have the same layout, and a thread only ever touches its own rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.layout import Layout
from dltool.program.stages import Stage

ALIGNMENT = 64  # bytes: one cache line, one vector


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
        for place, node in running_order(stages):
            for value in node.outputs:
                self.written[value] = (place, node)
            for value in node.reads:
                self._readers.setdefault(value, []).append((place, node))

    def readers(self, value: Value) -> list[tuple[int, Node]]:
        return self._readers.get(value, [])

    def done_before(self, value: Value, stage: int, node: Node) -> bool:
        """Whether all others that read `value` have done so when a thread comes to `node` with its rows."""
        order = [reader for _, reader in self.readers(value)]
        return all(
            place < stage or (place == stage and reader.op.cut is Cut.ROWS and order.index(reader) < order.index(node))
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
                end = offsets[value] + (item.high - item.low) * ALIGNMENT
            total = max(total, end)
    return offsets, total


def _homes(
    uses: _Uses, layouts: Mapping[Value, Layout], lives: dict[Value, tuple[int, int]], kept: frozenset[Value]
) -> dict[Value, Value]:
    """For each value the one whose buffer it uses: its own, or its first input's where it may overwrite that."""
    homes: dict[Value, Value] = {}
    occupant: dict[Value, Value] = {}  # of each home, the value written last
    for value, (stage, node) in uses.written.items():
        if value not in lives:
            continue
        source = node.inputs[0] if _may_overwrite(node, value) else value
        home = homes.get(source, value)
        alike = layouts[source] == layouts[value] and source not in kept
        if source in homes and alike and occupant[home] is source and uses.done_before(source, stage, node):
            lives[home] = (lives[home][0], max(lives[home][1], lives[value][1]))
        else:
            home = value
        homes[value] = home
        occupant[home] = value
    return homes


def _may_overwrite(node: Node, value: Value) -> bool:
    rowwise = node.op.cut is Cut.ROWS and bool(node.inputs)
    return rowwise and (node.op.in_place or node.op.span) and value is node.outputs[0]


def _place(
    homes: Mapping[Value, Value], layouts: Mapping[Value, Layout], lives: Mapping[Value, tuple[int, int]]
) -> tuple[dict[Value, int], int]:
    """First fit, largest first."""
    offsets: dict[Value, int] = {}
    total = 0
    for home in sorted(dict.fromkeys(homes.values()), key=lambda v: (-layouts[v].bytes, v.name)):
        size = -(-layouts[home].bytes // ALIGNMENT) * ALIGNMENT
        taken = sorted(
            (offsets[other], offsets[other] + -(-layouts[other].bytes // ALIGNMENT) * ALIGNMENT)
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
