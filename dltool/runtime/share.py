"""Which samples of an epoch a rank trains on: the same piece of every update."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Share:
    """Of each `update` positions of an epoch the `rows` behind the first `skip`; the last update may be shorter."""

    update: int = 1
    rows: int = 1
    skip: int = 0

    @classmethod
    def of_rank(cls, update: int, number: int, size: int) -> Share:
        """The share of rank `number` of `size`."""
        return cls(update, update // size, update // size * number)

    def count(self, positions: int) -> int:
        """How many of the first `positions` of an update, or of several, belong to it."""
        whole, rest = divmod(positions, self.update)
        return whole * self.rows + min(max(rest - self.skip, 0), self.rows)

    def position(self, number: int) -> int:
        """The position of its sample of some number, counted from the start of an update."""
        whole, rest = divmod(number, self.rows)
        return whole * self.update + self.skip + rest

    def chosen(self, low: int, high: int) -> np.ndarray:
        """Which of the positions (high − low,) from `low` to before `high` belong to it."""
        within = np.arange(low, high) % self.update - self.skip
        return (within >= 0) & (within < self.rows)

    def origins(self, positions: np.ndarray, first: int) -> np.ndarray:
        """What to subtract from own positions (n,), so that these count own samples from position `first` on.

        There an update starts.
        """
        updates, within = np.divmod(positions - first, self.update)
        return positions - (updates * self.rows + within - self.skip)


#: all samples
WHOLE = Share()
