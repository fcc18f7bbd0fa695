"""A program: the whole step as stages of nodes, with an offset for every buffer. Built once, run many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dltool.ops.graph import Graph, Node, Value
from dltool.program.fusion import fuse
from dltool.program.layout import Layout, layout_of
from dltool.program.memory import MemoryPlan, plan_memory
from dltool.program.pruning import prune
from dltool.program.stages import Stage, plan_stages


@dataclass(frozen=True, eq=False)
class Program:
    """What the runner executes, for batches of up to `rows` samples."""

    graph: Graph
    rows: int
    nodes: Sequence[Node]  # fused
    layouts: Mapping[Value, Layout]
    stages: Sequence[Stage]
    memory: MemoryPlan


def make_program(
    graph: Graph, rows: int, kept: Sequence[Value] = (), chosen: Callable[[Node], bool] = lambda node: True
) -> Program:
    """Turns a graph, or the nodes that are `chosen`, into a program; `kept` values can be read after a step."""
    some = [node for node in graph.nodes if chosen(node)]
    reports = [value for node in some if node.op.reports for value in node.outputs]
    nodes = fuse(prune(some, [*kept, *reports]), kept)
    values = dict.fromkeys(value for node in nodes for value in (*node.reads, *node.outputs))
    layouts = {value: layout_of(value, rows) for value in (*values, *graph.values.values())}
    stages = plan_stages(nodes, layouts, rows)
    memory = plan_memory(stages, layouts, external=frozenset(reports), kept=frozenset(kept))
    return Program(graph, rows, nodes, layouts, stages, memory)
