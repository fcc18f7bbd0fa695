"""Who owns what: the rank that adds up each slice of the gradients and updates that slice of the parameters.

Parameters and running statistics are put end to end, and cut into one slice for each rank, about equally long. A cut
is only where the work of the update is cut anyway, so that every item of it belongs to one rank.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, pairwise

from dltool.kernels.records import LANES
from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.program import Program
from dltool.program.stages import Item, Stage


@dataclass(frozen=True)
class Division:
    """How the update of a network is divided among ranks."""

    program: Program  # of the update
    totals: Sequence[Value]  # sums of gradients, and of running statistics behind them, end to end
    cuts: Sequence[int]  # where the slice of each rank begins, in vectors; and the end

    @property
    def parameters(self) -> list[str]:
        """The parameters that totals belong to, in their order."""
        return [total.of.name for total in self.totals if total.of and total.of.role == "parameter"]

    @property
    def statistics(self) -> list[str]:
        """The running statistics that the totals behind them belong to."""
        return [total.of.name for total in self.totals if total.of and total.of.role != "parameter"]

    def bytes_of(self, names: Sequence[str]) -> int:
        """Of values that totals belong to, as they are stored."""
        return sum(self.program.layouts[total].bytes for total in self.totals if total.of and total.of.name in names)

    @property
    def slots(self) -> list[list[str]]:
        """Names of what the optimizer and the averages keep for each parameter, one list for each kind."""
        kinds: dict[str, list[str]] = {}
        kept = {value for node in self.program.nodes for value in node.updated if value.of}
        for total in self.totals:
            for value in sorted((v for v in kept if v.of is total.of), key=lambda value: value.name):
                kinds.setdefault(value.name.rpartition(".")[2], []).append(value.name)
        return list(kinds.values())

    def floats(self, end: int | None = None, begin: int = 0) -> list[int]:
        """The cuts in numbers of float32 from `begin` on, none beyond `end`."""
        cuts = [max(cut * LANES - begin, 0) for cut in self.cuts]
        return cuts if end is None else [min(cut, end) for cut in cuts]

    def segments(self, rank: int) -> list[Program]:
        """What a rank runs of the update; between two of them, ranks exchange what a node reads of all parameters."""
        starts = _starts(self.program, self.totals)
        low, high = self.cuts[rank : rank + 2]

        def owns(item: Item) -> bool:
            total = _total_of(item, starts)
            return total is None or low <= starts[total] + item.low < high

        segments: list[list[Stage]] = [[]]
        for stage in self.program.stages:
            if any(node.op.cut is Cut.ONCE for item in stage.items for node in item.nodes):
                segments.append([])
            segments[-1].append(replace(stage, items=[item for item in stage.items if owns(item)]))
        return [replace(self.program, stages=stages) for stages in segments]

    def shared(self) -> list[tuple[Value, list[int]]]:
        """Values of which every rank makes a slice and then needs all, with where slices begin and end, in floats."""
        starts = _starts(self.program, self.totals)
        found = []
        for node in self.program.nodes:
            if node.op.cut is Cut.ONCE:
                for value in node.inputs:
                    assert value.producer
                    total = next(one for one in value.producer.inputs if one in starts)
                    layout = self.program.layouts[total]
                    cuts = [min(max(cut - starts[total], 0), layout.vectors) for cut in self.cuts]
                    found.append((value, [cut // layout.stored_rows * LANES for cut in cuts]))
        return found


def divide(program: Program, ranks: int) -> Division:
    """The division of the update of a network among ranks."""
    found = dict.fromkeys(value for node in program.nodes for value in node.inputs if value.role == "total")
    totals = sorted(found, key=lambda total: total.of is not None and total.of.role != "parameter")
    starts, bounds = _starts(program, totals), []
    places: dict[Value, dict[tuple[Node, ...], set[int]]] = {total: {} for total in totals}
    for item in (item for stage in program.stages for item in stage.items):
        if total := _total_of(item, starts):
            places[total].setdefault(item.nodes, set()).add(starts[total] + item.low)
    for groups in places.values():
        bounds += sorted(reduce(set.intersection, groups.values()))
    end = sum(program.layouts[total].vectors for total in totals)
    return Division(program, totals, [0, *(_nearest(bounds, end * rank // ranks) for rank in range(1, ranks)), end])


def _starts(program: Program, totals: Sequence[Value]) -> dict[Value, int]:
    ends = accumulate((program.layouts[total].vectors for total in totals), initial=0)
    return {total: start for total, (start, _) in zip(totals, pairwise(ends), strict=True)}


def _total_of(item: Item, totals: Container[Value]) -> Value | None:
    """The total that an item reads a slice of; None for what looks at all parameters together."""
    return next((value for node in item.nodes for value in node.inputs if value in totals), None)


def _nearest(bounds: Sequence[int], wanted: int) -> int:
    place = bisect_left(bounds, wanted)
    around = bounds[max(0, place - 1) : place + 1]
    return min(around, key=lambda bound: abs(bound - wanted))
