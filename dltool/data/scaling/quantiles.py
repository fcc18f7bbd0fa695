"""Quantiles of numbers that come in pieces, and the map that gives them a normal distribution."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

#: numbers that are kept to tell quantiles; beyond them every second is dropped, then every fourth, …
MOST = 1 << 20
#: a normal distribution is cut off where a number of this many lies beyond
TAIL = 1e-4


class Sample:
    """Evenly spaced numbers out of all that came, in their order: so pieces do not show."""

    def __init__(self) -> None:
        self._kept: list[np.ndarray] = []
        self._stride, self._seen = 1, 0

    def update(self, values: np.ndarray) -> None:
        """Take in more numbers (rows,)."""
        self._kept.append(values[-self._seen % self._stride :: self._stride])
        self._seen += len(values)
        while self._seen // self._stride > MOST:
            self._kept = [np.concatenate(self._kept)[::2]]
            self._stride *= 2

    @property
    def median(self) -> float:
        """The middle of the numbers; zero where there are none."""
        return float(self.quantiles([0.5])[0])

    def quantiles(self, shares: Sequence[float] | np.ndarray) -> np.ndarray:
        """Below which numbers each of these shares lies; zeros where there are none."""
        values = np.concatenate(self._kept) if self._kept else np.zeros(0)
        return np.quantile(values, shares) if values.size else np.zeros(len(shares))


def normal_knots(sample: Sample, count: int) -> tuple[float, ...]:
    """So many evenly spaced quantiles, the smallest and the largest among them."""
    return tuple(sample.quantiles(np.linspace(0, 1, count)).tolist())


def to_normal(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Numbers (rows,) whose quantiles are those of a standard normal distribution, as far as the knots tell.

    A number that stands for several quantiles, as many equal ones do, gets the middle of them.
    """
    shares = np.linspace(0, 1, len(knots))
    share = 0.5 * (np.interp(values, knots, shares) + 1 - np.interp(-values, -knots[::-1], shares))
    return np.interp(share, _SHARES, _NORMAL)


def from_normal(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The numbers (rows,) that `to_normal` has made these of."""
    return np.interp(np.interp(values, _NORMAL, _SHARES), np.linspace(0, 1, len(knots)), knots)


#: points of a normal distribution, and which share lies below each
_NORMAL = np.linspace(NormalDist().inv_cdf(TAIL), -NormalDist().inv_cdf(TAIL), 2001)
_SHARES = np.array([NormalDist().cdf(point) for point in _NORMAL])
