"""What ranks tell each other in an update: sums of gradients go to their owners, new parameters come back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np

from dltool.distributed.ranks import Ranks, Transfer
from dltool.program.division import Division
from dltool.runtime.state import State
from dltool.runtime.team import Team


class Exchange(ABC):
    """The exchange between the ranks of the values of one state."""

    def __init__(self, ranks: Ranks, division: Division, state: State, team: Team):
        self.ranks, self.division, self._state, self._team = ranks, division, state, team
        self._totals = state.block([total.name for total in division.totals])
        self._parameters = state.block(division.parameters)
        self._statistics = state.block(division.statistics) if division.statistics else np.empty(0, np.float32)
        self._cuts = division.floats()
        self._apart = False

    def _own(self, flat: np.ndarray, parcel: int) -> np.ndarray:
        """This rank's slice of a parcel of all totals."""
        low, high = self._cuts[parcel][self.ranks.number : self.ranks.number + 2]
        return flat[low:high]

    @property
    def _statistic_cuts(self) -> list[list[int]]:
        """The slices of the running statistics in each parcel."""
        return self.division.floats(begin=len(self._parameters))

    @abstractmethod
    def send(self, parcel: int) -> None:
        """Start to bring this rank's sums of a parcel to their owners; they do not change before `finish`."""

    @abstractmethod
    def add_up(self, parcel: int, senders: int) -> None:
        """Add the sums of the first `senders` ranks for this rank's slice of a parcel, in pairs of pairs."""

    @abstractmethod
    def share(self, parcel: int) -> None:
        """Start to bring this rank's new values of a parcel, parameters and running statistics, to the others."""

    @abstractmethod
    def finish(self) -> None:
        """Wait until the new values of all ranks are here."""

    def write(self, write: Callable[[], None]) -> None:
        """Set values of the state, as all ranks do together."""
        write()

    def gather(self) -> None:
        """Bring the state of the optimizer and the averages of all ranks here, if they have changed."""
        if not self._apart:
            return
        for names in self.division.slots:
            block = self._state.block(names)
            for cuts in self.division.floats(end=len(block)):
                self.ranks.complete(block, cuts).wait()
        self._apart = False

    def _add(self, parts: Sequence[np.ndarray], own: np.ndarray) -> None:
        """own = the sum of parts of its size, which are overwritten; every thread of the team adds a piece."""
        bounds = [len(own) * thread // self._team.size for thread in range(self._team.size + 1)]

        def add(thread: int) -> None:
            piece = slice(bounds[thread], bounds[thread + 1])
            _add_in_pairs([part[piece] for part in parts], own[piece])

        self._team.run(add)
        self._apart = True


class MessageExchange(Exchange):
    """By messages, between any machines; what has been sent travels while this rank computes the rest."""

    def __init__(self, ranks: Ranks, division: Division, state: State, team: Team):
        super().__init__(ranks, division, state, team)
        parcels = range(len(self._cuts))
        self._received = [np.empty((ranks.size, len(self._own(self._totals, one))), np.float32) for one in parcels]
        self._sums: dict[int, Transfer] = {}  # on their way, of each parcel
        self._values: list[Transfer] = []
        self._shares = [(self._parameters, division.floats(end=len(self._parameters)))]
        if len(self._statistics):
            self._shares.append((self._statistics, self._statistic_cuts))

    def send(self, parcel: int) -> None:
        self._sums[parcel] = self.ranks.exchange(self._totals, self._cuts[parcel], self._received[parcel])

    def add_up(self, parcel: int, senders: int) -> None:
        self._sums.pop(parcel).wait()
        parts, own = list(self._received[parcel]), self._own(self._totals, parcel)
        parts[self.ranks.number] = own
        self._add(parts[:senders], own)

    def share(self, parcel: int) -> None:
        self._values += [self.ranks.complete(flat, cuts[parcel]) for flat, cuts in self._shares]

    def finish(self) -> None:
        while self._values:
            self._values.pop().wait()


class CommonMemory:
    """Memory that the ranks of one machine share: the totals of each, and one copy of the parameters."""

    def __init__(self, ranks: Ranks, division: Division):
        totals = sum(division.program.layouts[total].bytes for total in division.totals)
        self.totals = [part.view(np.float32) for part in ranks.common(totals)]
        self.parameters, *_ = ranks.common(division.bytes_of(division.parameters))
        self.statistics, *_ = (part.view(np.float32) for part in ranks.common(division.bytes_of(division.statistics)))
        self._division, self._own = division, self.totals[ranks.number]

    def blocks(self) -> dict[str, np.ndarray]:
        """Blocks of the state, by the first name in each."""
        return {self._division.totals[0].name: self._own, self._division.parameters[0]: self.parameters}


class CommonExchange(Exchange):
    """Between ranks of one machine: an owner reads the sums of others where they lie, and writes parameters once.

    There is one parcel.
    """

    def __init__(self, ranks: Ranks, division: Division, state: State, team: Team, memory: CommonMemory):
        super().__init__(ranks, division, state, team)
        self._memory = memory

    def send(self, parcel: int) -> None:
        """Nothing travels."""

    def add_up(self, parcel: int, senders: int) -> None:
        self.ranks.meet()
        parts = [self._own(totals, parcel) for totals in self._memory.totals[:senders]]
        self._add(parts, self._own(self._totals, parcel))

    def share(self, parcel: int) -> None:
        """Nothing travels."""

    def finish(self) -> None:
        (cuts,) = self._statistic_cuts
        own = slice(*cuts[self.ranks.number : self.ranks.number + 2])
        self._memory.statistics[own] = self._statistics[own]
        self.ranks.meet()
        self._statistics[:] = self._memory.statistics

    def write(self, write: Callable[[], None]) -> None:
        self.ranks.meet()
        write()
        self.ranks.meet()


def _add_in_pairs(parts: Sequence[np.ndarray], out: np.ndarray) -> None:
    """out = ((0 + 1) + (2 + 3)) + …, as `add_shard` does; overwrites the parts."""
    while len(parts) > 1:
        for first, second in zip(parts[::2], parts[1::2], strict=False):
            np.add(first, second, out=first)
        parts = parts[::2]
    if parts[0] is not out:
        out[:] = parts[0]
