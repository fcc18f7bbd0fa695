"""Running count, mean, variance and range of numbers, in float64."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

#: numbers that are worked on at a time in float64
BLOCK = 1 << 20


class Moments:
    """Statistics of arrays (rows, …): for each feature if samples have one axis, else over all values.

    With `columns`, always for each position on the last axis.
    """

    def __init__(self, *, columns: bool = False) -> None:
        self._columns = columns
        self.count = 0
        self.mean = self.squares = np.zeros(())  # squares: of the distances from the mean
        self.low, self.high = np.array(np.inf), np.array(-np.inf)

    def update(self, values: np.ndarray) -> None:
        """Take in more rows (Chan, Golub and LeVeque, Updating formulae, 1979)."""
        axes = tuple(range(values.ndim - 1)) if self._columns or values.ndim == 2 else None
        for block in _blocks(values):
            mean = block.mean(axis=axes)
            count = block.size // mean.size
            squares = np.square(block - mean).sum(axis=axes)
            total = self.count + count
            distance = mean - self.mean
            self.squares = self.squares + squares + np.square(distance) * (self.count * count / total)
            self.mean = self.mean + distance * (count / total)
            self.low = np.minimum(self.low, block.min(axis=axes))
            self.high = np.maximum(self.high, block.max(axis=axes))
            self.count = total

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation, of the whole population."""
        return np.sqrt(self.squares / max(1, self.count))

    @property
    def constant(self) -> np.ndarray:
        """Where all values are the same."""
        return ~(self.high > self.low)


def _blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """Consecutive rows, as float64 arrays of moderate size."""
    step = max(1, BLOCK // max(1, values[0].size)) if len(values) else 1
    for start in range(0, len(values), step):
        yield values[start : start + step].astype(np.float64)
