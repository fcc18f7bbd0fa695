"""Shards: parts of a batch that are computed apart, so that the update has the same bits whoever computes them."""

from __future__ import annotations

from dltool.errors import InputError, Problem
from dltool.ops.graph import Graph, Value


def sum_of_shards(graph: Graph, value: Value, of: Value, shards: int) -> Value:
    """Adds `value`, which every shard has, over the shards of an update; there is a sum after the last one."""
    names = ("total", *(f"total_of_{2**level}" for level in range(1, (shards - 1).bit_length())))
    totals = [graph.total(of, name) for name in names]
    graph.apply("add_shard", value, *totals)
    return totals[0]


def shard_statistics(graph: Graph, shards: int) -> None:
    """Lets every shard move running statistics from where they were before the update, which takes the mean of all."""
    if graph.carries:
        message = "a layer with stateful: true goes on where the batch before ended; leave out one of the two"
        raise InputError(Problem(message, path="train.shards"))
    moved = [
        (node, value)
        for node in graph.nodes
        if node.part == "forward"
        for value in node.updated
        if value.role == "state"
    ]
    for node, statistic in moved:
        with graph.before(node):
            graph.apply("restart_statistic", statistic, graph.total(statistic, "before"))
    for node, statistic in moved:
        with graph.inside(node.layer):
            total = sum_of_shards(graph, statistic, statistic, shards)
            graph.apply("mean_of_shards", total, statistic)
        graph.nodes[-1].per_update = True
