"""Stages: which nodes every thread can run without waiting for the others.

In a stage each thread first takes its rows of the batch through the row-wise nodes, a few samples at a time, so that a
node finds in the cache what the one before it made; then its share of the items: pieces of nodes that look at the whole
batch (slices of a parameter, blocks of channels, or a whole small node). All threads meet at the end of a stage. How
work is cut into items never depends on the number of threads.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dltool.kernels.cpu.needs import WHOLE_COLUMNS
from dltool.kernels.records import LANES
from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.layout import Layout

#: vectors of a parameter that one item covers: 8 blocks of 16 × 16, so that gradient and slots stay in the first caches
CHUNK = 128
#: blocks of columns whose chunks are visited together, so that the same activations serve all of them from the cache
STRIP = 8
#: bytes that a thread's share of the caches holds
CACHE = 1 << 21
#: items of groups of samples that are enough to share
MANY = 16
#: bytes of gradients that may wait for the next stage, where those of the parameters are made from them
WAITING = 1 << 24


@dataclass(frozen=True)
class Item:
    """A piece of work that one thread does: nodes in order, each from `low` to `high`."""

    nodes: tuple[Node, ...]
    low: int
    high: int
    cost: float  # in vector operations, for sharing the items evenly


@dataclass
class Stage:
    """What runs between two meetings of the threads."""

    rows: list[Node] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    together: int = 1  # samples that a thread takes through all of these before it turns to the next


def plan_stages(nodes: Sequence[Node], layouts: Mapping[Value, Layout], rows: int) -> list[Stage]:
    """Puts every node into the earliest stage that its inputs allow."""
    keys = _cut_keys(nodes, layouts)
    levels = _levels(nodes, keys, layouts)
    stages = [Stage() for _ in range(max(levels.values(), default=-1) + 1)]
    groups: dict[tuple[int, Hashable], list[Node]] = {}
    for node in nodes:
        if node.op.cut is Cut.ROWS:
            stages[levels[id(node)]].rows.append(node)
        else:
            groups.setdefault((levels[id(node)], keys[id(node)]), []).append(node)
    for (level, _), group in groups.items():
        stages[level].items.extend(_items(group, layouts, rows))
    for stage in stages:
        stage.together = _samples_together(stage.rows, layouts, rows)
    return stages


def _samples_together(nodes: Sequence[Node], layouts: Mapping[Value, Layout], rows: int) -> int:
    """As many samples as the cache holds with all that the nodes read and write of them, if it holds their weights."""
    if any(node.op.sequential for node in nodes):
        return rows
    touched = {value for node in nodes for value in (*node.reads, *node.outputs)}
    weights = sum(layouts[value].bytes for value in touched if not value.spec.batched)
    sample = sum(layouts[value].bytes // layouts[value].shape[0] for value in touched if value.spec.batched)
    return max(1, CACHE // sample) if sample and weights <= CACHE // 4 else rows


def _levels(nodes: Sequence[Node], keys: Mapping[int, Hashable], layouts: Mapping[Value, Layout]) -> dict[int, int]:
    """The stage of each node: after those it depends on, or with them where both are cut alike.

    A new stage begins where too much memory waits for it.
    """
    levels: dict[int, int] = {}
    first, waiting = 0, set[Value]()  # the stage that takes further row-wise nodes, what waits for the one after it
    writer: dict[Value, Node] = {}
    readers: dict[Value, list[Node]] = {}
    for node in nodes:
        before = [writer[value] for value in (*node.reads, *node.after) if value in writer]
        before += [reader for value in node.updated for reader in readers.get(value, ())]
        least = first if node.op.cut is Cut.ROWS else 0
        level = max((levels[id(b)] + (keys[id(b)] != keys[id(node)]) for b in before), default=least)
        levels[id(node)] = max(level, least)
        if node.op.cut is Cut.PARAMETER:
            waiting.update(value for value in node.reads if value.spec.batched)
            if sum(layouts[value].bytes for value in waiting) > WAITING:
                first, waiting = level, set()
        for value in node.reads:
            readers.setdefault(value, []).append(node)
        for value in (*node.outputs, *node.updated):
            writer[value] = node
            readers[value] = []
    return levels


def _cut_keys(nodes: Sequence[Node], layouts: Mapping[Value, Layout]) -> dict[int, Hashable]:
    """Nodes with equal keys depend on each other only within a row, a block of channels, or a slice of a parameter."""
    owner: dict[Value, int] = {}
    keys: dict[int, Hashable] = {}
    for node in nodes:
        if node.op.cut is Cut.PARAMETER:
            touched = _sliced(node)
            known = [owner[value] for value in touched if value in owner]
            owner.update(dict.fromkeys(touched, known[0] if known else id(node)))
            keys[id(node)] = ("parameter", owner[touched[0]])
        elif node.op.cut is Cut.GROUPS:
            keys[id(node)] = id(node)
        elif node.op.cut is Cut.CHANNELS:
            keys[id(node)] = ("channels", layouts[node.inputs[0]].channels)
        else:
            keys[id(node)] = node.op.cut
    return keys


def _sliced(node: Node) -> list[Value]:
    """The values of a node that is cut by parameter of which an item touches a slice."""
    touched = node.outputs if node.op.whole_inputs else (*node.inputs, *node.outputs)
    return [value for value in touched if not value.spec.batched and value.shape]


def _items(group: Sequence[Node], layouts: Mapping[Value, Layout], rows: int) -> list[Item]:
    nodes = tuple(group)
    if nodes[0].op.cut is Cut.ONCE:
        return [Item(nodes, 0, 1, cost=rows / LANES)]
    if nodes[0].op.cut is Cut.CHANNELS:
        blocks = -(-layouts[nodes[0].inputs[0]].channels // LANES)
        # bound by memory, an operation takes about twice as long as in a product
        cost = max(1.0, 2.0 * sum(_work(node, rows) for node in nodes) / (blocks * LANES))
        return [Item(nodes, block, block + 1, cost) for block in range(blocks)]
    if nodes[0].op.cut is Cut.GROUPS:
        return _groups(nodes[0], layouts, rows)
    shape = max((layouts[v] for v in _sliced(nodes[0])), key=lambda layout: layout.vectors)  # sums are smaller
    cost = sum(_cost_of_vector(node, rows) for node in nodes)
    coarse = any(node.op.yaml_name in WHOLE_COLUMNS for node in nodes)
    return [Item(nodes, low, high, cost * (high - low)) for low, high in _chunks(shape, coarse)]


def _groups(node: Node, layouts: Mapping[Value, Layout], rows: int) -> list[Item]:
    """Pairs of a group of samples and a block of channels, about as many together as make MANY items."""
    groups, columns = node.attributes["groups"], -(-layouts[node.outputs[0]].channels // LANES)
    step = max(1, groups * columns // MANY)
    cost = node.op.flops(node) * rows / (2 * LANES * groups * columns)
    bounds = [*range(0, groups * columns, step), groups * columns]
    return [Item((node,), low, high, cost * (high - low)) for low, high in pairwise(bounds)]


def _cost_of_vector(node: Node, rows: int) -> float:
    work = _work(node, rows) / max(value.spec.size for value in _sliced(node))
    summed = any(value.spec.batched for value in node.inputs)  # gradients multiply and add in one operation
    return max(1.0, work / 2 if summed else work)


def _work(node: Node, rows: int) -> int:
    return node.op.flops(node) * (rows if any(value.spec.batched for value in node.inputs) else 1)


def _chunks(layout: Layout, coarse: bool) -> list[tuple[int, int]]:
    """Ranges of vectors that cover a parameter, strip by strip of its columns."""
    height = layout.stored_rows
    if height == 1:
        return [(low, min(low + CHUNK, layout.vectors)) for low in range(0, layout.vectors, CHUNK)]
    columns = layout.vectors // height
    step = height if coarse else CHUNK
    return [
        (column * height + low, column * height + min(low + step, height))
        for strip in range(0, columns, STRIP)
        for low in range(0, height, step)
        for column in range(strip, min(strip + STRIP, columns))
    ]
