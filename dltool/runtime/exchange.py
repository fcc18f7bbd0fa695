"""What ranks tell each other in an update: sums of gradients go to their owners, new parameters come back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.distributed.ranks import Ranks
from dltool.program.division import Division
from dltool.runtime.state import State
from dltool.runtime.team import Team


class Exchange:
    """The exchange between the ranks of the values of one state."""

    def __init__(self, ranks: Ranks, division: Division, state: State, team: Team):
        self._ranks, self._division, self._state, self._team = ranks, division, state, team
        self._cuts = division.floats()
        self._totals = state.block([total.name for total in division.totals])
        self._values = state.block(division.values)
        low, high = self._cuts[ranks.number : ranks.number + 2]
        self._own = self._totals[low:high]
        self._received = np.empty((ranks.size, high - low), np.float32)
        self._apart = False

    def add_up(self, senders: int) -> None:
        """Bring the sums of the first `senders` ranks for this rank's slice here, and add them in pairs of pairs."""
        self._ranks.exchange(self._totals, self._cuts, self._received)
        parts = list(self._received)
        parts[self._ranks.number] = self._own
        bounds = [len(self._own) * thread // self._team.size for thread in range(self._team.size + 1)]

        def add(thread: int) -> None:
            piece = slice(bounds[thread], bounds[thread + 1])
            _add_in_pairs([part[piece] for part in parts[:senders]], self._own[piece])

        self._team.run(add)
        self._apart = True

    def share_values(self) -> None:
        """Bring the new parameters and running statistics of all ranks here."""
        self._ranks.complete(self._values, self._cuts)

    def gather(self) -> None:
        """Bring the state of the optimizer and the averages of all ranks here, if they have changed."""
        if not self._apart:
            return
        for names in self._division.slots:
            block = self._state.block(names)
            self._ranks.complete(block, self._division.floats(end=len(block)))
        self._apart = False


def _add_in_pairs(parts: Sequence[np.ndarray], out: np.ndarray) -> None:
    """out = ((0 + 1) + (2 + 3)) + …, as `add_shard` does; overwrites the parts."""
    while len(parts) > 1:
        for first, second in zip(parts[::2], parts[1::2], strict=False):
            np.add(first, second, out=first)
        parts = parts[::2]
    if parts[0] is not out:
        out[:] = parts[0]
