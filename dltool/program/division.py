"""Who owns what: the rank that adds up each slice of the gradients and updates that slice of the parameters.

Parameters are put end to end in the order in which the backward finishes their gradients, running statistics behind
them, and cut into parcels. Of each parcel, every rank owns a slice, about equally long. A cut is only where the work of
the update is cut anyway, so that every item of it belongs to one rank.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import accumulate, pairwise

from dltool.kernels.records import LANES, VECTOR_BYTES
from dltool.ops.graph import Node, Value
from dltool.ops.op import Cut
from dltool.program.parcels import Parts, by_parcels, finished_total, finishing_stages, parcel_count
from dltool.program.program import Program
from dltool.program.stages import Item, Stage


@dataclass(frozen=True)
class Division:
    """How the update of a network is divided among ranks."""

    program: Program  # of the update
    totals: Sequence[Value]  # sums of gradients, and of running statistics behind them, end to end
    cuts: Sequence[Sequence[int]]  # of each parcel: where the slice of each rank begins, in vectors; and the end

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

    @property
    def together(self) -> list[list[str]]:
        """Names of values that are stored one after the other: sums, parameters, statistics, each kind of slots."""
        totals = [total.name for total in self.totals]
        return [names for names in (totals, self.parameters, self.statistics, *self.slots) if names]

    def floats(self, end: int | None = None, begin: int = 0) -> list[list[int]]:
        """The cuts of each parcel in numbers of float32 from `begin` on, none beyond `end`."""
        cuts = [[max(cut * LANES - begin, 0) for cut in parcel] for parcel in self.cuts]
        return cuts if end is None else [[min(cut, end) for cut in parcel] for parcel in cuts]

    def backward(self, program: Program) -> Parts:
        """A program that adds up the gradients of these parameters, in parts that each finish a parcel."""
        starts = {total.name: start for total, start in self._starts.items()}

        def parcel_of(item: Item) -> int | None:
            total = finished_total(item)
            return self._owner(starts[total.name] + item.low)[0] if total and total.name in starts else None

        return by_parcels(program, len(self.cuts), parcel_of)

    def segments(self, rank: int) -> list[Parts]:
        """What a rank runs of the update; between two of them, ranks exchange what a node reads of all parameters."""
        segments: list[list[Stage]] = [[]]
        for stage in self.program.stages:
            if any(node.op.cut is Cut.ONCE for item in stage.items for node in item.nodes):
                segments.append([])
            segments[-1].append(stage)
        return [self._owned(stages, rank) for stages in segments]

    def _owned(self, stages: Sequence[Stage], rank: int) -> Parts:
        """The own items of some stages, in a part for each parcel; what is of no parcel comes first."""
        owned, ends = list[Stage](), list[int]()
        for parcel in range(len(self.cuts)):
            owners = [(parcel, rank), None] if parcel == 0 else [(parcel, rank)]
            for stage in stages:
                if items := [item for item in stage.items if self._owner_of(item) in owners]:
                    owned.append(replace(stage, items=items))
            ends.append(len(owned))
        return Parts(replace(self.program, stages=owned), ends)

    def shared(self) -> list[tuple[Value, list[int]]]:
        """Values of which every rank makes a slice and then needs all, with where slices begin and end, in floats.

        A value stands there once for each parcel.
        """
        found = []
        for node in self.program.nodes:
            if node.op.cut is Cut.ONCE:
                for value in node.inputs:
                    assert value.producer
                    total = next(one for one in value.producer.inputs if one in self._starts)
                    layout = self.program.layouts[total]
                    for parcel in self.cuts:
                        cuts = [min(max(cut - self._starts[total], 0), layout.vectors) for cut in parcel]
                        found.append((value, [cut // layout.stored_rows * LANES for cut in cuts]))
        return found

    @cached_property
    def _starts(self) -> Mapping[Value, int]:
        return _starts(self.program, self.totals)

    def _owner_of(self, item: Item) -> tuple[int, int] | None:
        """The parcel and the rank of an item of the update; None for what looks at all parameters together."""
        total = _total_of(item, self._starts)
        return self._owner(self._starts[total] + item.low) if total else None

    def _owner(self, vector: int) -> tuple[int, int]:
        """The parcel and the rank that a vector belongs to."""
        return divmod(bisect_right(self._begins, vector) - 1, len(self.cuts[0]) - 1)

    @cached_property
    def _begins(self) -> list[int]:
        return [cut for parcel in self.cuts for cut in parcel[:-1]]


def divide(program: Program, backward: Program, ranks: int, *, in_parcels: bool = True) -> Division:
    """The division of the update of a network among ranks; in one piece where nothing has to be sent.

    `backward` is the program that adds up its gradients.
    """
    finished = finishing_stages(backward)
    found = dict.fromkeys(value for node in program.nodes for value in node.inputs if value.role == "total")
    totals = sorted(found, key=lambda total: (_is_statistic(total), finished[total.name]))
    bounds, end = _bounds(program, totals), sum(program.layouts[total].vectors for total in totals)
    ends = [end]
    if in_parcels:
        parameters = sum(program.layouts[total].vectors for total in totals if not _is_statistic(total))
        count = parcel_count(parameters * VECTOR_BYTES)
        wanted = (parameters * number // count for number in range(1, count))
        ends = sorted({*(_nearest(bounds, vector) for vector in wanted), parameters, end} - {0})
    cuts = [
        [
            low,
            *(min(max(_nearest(bounds, low + (high - low) * rank // ranks), low), high) for rank in range(1, ranks)),
            high,
        ]
        for low, high in pairwise([0, *ends])
    ]
    return Division(program, totals, cuts)


def _is_statistic(total: Value) -> bool:
    return total.of is not None and total.of.role != "parameter"


def _bounds(program: Program, totals: Sequence[Value]) -> list[int]:
    """Where every item of the update ends or begins, in vectors of all totals end to end; the last end is not there."""
    starts = _starts(program, totals)
    places: dict[Value, dict[tuple[Node, ...], set[int]]] = {total: {} for total in totals}
    for item in (item for stage in program.stages for item in stage.items):
        if total := _total_of(item, starts):
            places[total].setdefault(item.nodes, set()).add(starts[total] + item.low)
    return [bound for groups in places.values() for bound in sorted(reduce(set.intersection, groups.values()))]


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
