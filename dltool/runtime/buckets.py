"""The order of epochs in which texts of similar length come together, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.kernels.reference.random import permute
from dltool.runtime.order import EpochOrder

#: updates whose rows are sorted by length together
POOL = 32


class BucketOrder:
    """Rows in a random order, sorted by length within pools of some updates; the updates then come in a random order.

    Every update runs in the first of several programs, for rising lengths, that holds its longest row. All follows from
    the key, the epoch and the lengths.
    """

    def __init__(
        self, order: EpochOrder, lengths: np.ndarray, programs: Sequence[int], *, update: int, samples: int, key: int
    ):
        """`lengths` (n,) are those of the rows, `programs` those that programs hold; an epoch has `samples` rows."""
        self._order, self._lengths, self._programs = order, lengths, np.array(programs)
        self._update, self._samples, self._key = update, samples, key

    def epoch(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The rows (samples,) of an epoch in their order, and the number of the program of each update."""
        rows = np.empty(self._samples, np.int64)
        self._order.take(number, 0, rows)
        whole = self._samples // self._update
        full = rows[: whole * self._update]
        pools = np.arange(len(full)) // (POOL * self._update)
        full = full[np.lexsort((self._lengths[full], pools))].reshape(whole, self._update)
        if whole:
            full = full[permute(np.arange(whole), whole, key=self._key, epoch=number)]
        rows = np.concatenate([full.ravel(), rows[whole * self._update :]])
        longest = np.maximum.reduceat(self._lengths[rows], np.arange(0, self._samples, self._update))
        return rows, np.searchsorted(self._programs, longest)

    def padding(self, number: int) -> float:
        """The share of an epoch's steps that are padding."""
        rows, programs = self.epoch(number)
        sizes = np.diff([*range(0, self._samples, self._update), self._samples])
        return 1 - float(self._lengths[rows].sum() / (self._programs[programs] * sizes).sum())
