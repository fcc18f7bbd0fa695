"""The runner of a rank: its shards of every batch, and its slice of every update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dltool.program.building import Network
from dltool.runtime.dividing import joined
from dltool.runtime.exchange import Exchange
from dltool.runtime.memory import aligned
from dltool.runtime.plan import StepPlan, StepResult
from dltool.runtime.runner import Runner
from dltool.runtime.state import State
from dltool.runtime.team import Team


class RankRunner:
    """A training program of which this rank runs a part; every rank gets the results of all."""

    def __init__(
        self,
        network: Network,
        state: State,
        data: Mapping[str, np.ndarray],
        team: Team,
        exchange: Exchange,
    ):
        ranks, division = exchange.ranks, exchange.division
        self._ranks, self._exchange, self._shards = ranks, exchange, network.micro_batches // ranks.size
        self._backward = division.backward(network.gradient_program)
        self._gradients = Runner(self._backward.program, state, data, team)
        arena = aligned(division.program.memory.arena_bytes)
        self._parts = division.segments(ranks.number)
        self._segments = [Runner(parts.program, state, {}, team, arena=arena) for parts in self._parts]
        shared = [(self._segments[0].table.value(value), cuts) for value, cuts in division.shared()]
        self._pieces = [[stored[low:high] for stored, (low, high) in _slices(shared, r)] for r in range(ranks.size)]
        sizes = [sum(map(len, pieces)) for pieces in self._pieces]
        self._piece_cuts = [0, *np.cumsum(sizes).tolist()]
        self._gathered = np.empty(self._piece_cuts[-1], np.float32)

    def attach(self, data: Mapping[str, np.ndarray]) -> None:
        """Go on with other data, of which only own samples are read."""
        self._gradients.attach(data)

    def run(self, plan: StepPlan, *, collect: bool) -> StepResult:
        """Run the micro-batches of a plan together with the other ranks, which run the same plan."""
        rank_of = plan.number // self._shards
        own = rank_of == self._ranks.number
        mine, closing = self._part(plan.taken(own)), plan.taken(plan.update)
        self._gradients.load(mine, collect=collect)
        for segment in self._segments:
            segment.load(closing, collect=False)
        ends = np.cumsum(own)[plan.update].tolist()
        senders = (-(-closing.count // self._shards)).tolist()
        begin = 0
        for update, end in enumerate(ends):
            self._add_gradients(begin, end)
            self._update(update, senders[update])
            begin = end
        return joined(self._gradients.result(), plan, rank_of, self._ranks)

    def _add_gradients(self, begin: int, end: int) -> None:
        """Run own micro-batches of an update; the last one sends each parcel when it has finished it."""
        if begin < end - 1:
            self._gradients.go(begin, end - 1)
        for parcel, stages in enumerate(self._backward.ranges):
            if begin < end and stages[0] < stages[1]:
                self._gradients.go(end - 1, end, stages)
            self._exchange.send(parcel)

    def _update(self, update: int, senders: int) -> None:
        """Update own slices, parcel by parcel, and get those of the others."""
        for number, (segment, parts) in enumerate(zip(self._segments, self._parts, strict=True)):
            if number:
                self._share_sums()
            for parcel, stages in enumerate(parts.ranges):
                if number == 0:
                    self._exchange.add_up(parcel, senders)
                segment.go(update, update + 1, stages)
                if segment is self._segments[-1]:
                    self._exchange.share(parcel)
        self._exchange.finish()

    def _part(self, plan: StepPlan) -> StepPlan:
        """Own micro-batches as an update of their own, which changes nothing yet."""
        skipped = self._ranks.number * self._shards
        count = np.minimum(plan.count - skipped, self._shards)
        return replace(plan, number=plan.number - skipped, count=count, update=np.zeros(len(plan), bool))

    def _share_sums(self) -> None:
        """Complete what each rank has made of its slices."""
        rank, cuts = self._ranks.number, self._piece_cuts
        np.concatenate(self._pieces[rank], out=self._gathered[cuts[rank] : cuts[rank + 1]])
        self._ranks.complete(self._gathered, cuts).wait()
        for rank, pieces in enumerate(self._pieces):
            place = cuts[rank]
            for piece in pieces:
                piece[:] = self._gathered[place : place + len(piece)]
                place += len(piece)


def _slices(shared: Sequence[tuple[np.ndarray, list[int]]], rank: int) -> Iterator[tuple[np.ndarray, list[int]]]:
    """Each of the stored values with both ends of the slice that a rank makes."""
    for stored, cuts in shared:
        yield stored, cuts[rank : rank + 2]
