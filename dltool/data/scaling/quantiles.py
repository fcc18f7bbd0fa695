"""Quantiles of numbers that arrive in pieces, and the quantile transform to a normal distribution."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

#: most numbers to keep for quantiles; beyond that every second one is dropped, repeatedly
MOST = 1 << 20
#: probability of each tail at which the normal distribution is cut off
TAIL = 1e-4


class Sample:
    """An evenly spaced sample of all numbers, independent of how they are divided into pieces."""

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
        """The quantiles at these probabilities; zeros if there are no numbers."""
        values = np.concatenate(self._kept) if self._kept else np.zeros(0)
        return np.quantile(values, shares) if values.size else np.zeros(len(shares))


def normal_knots(sample: Sample, count: int) -> tuple[float, ...]:
    """`count` evenly spaced quantiles, including the minimum and the maximum."""
    return tuple(sample.quantiles(np.linspace(0, 1, count)).tolist())


def to_normal(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Numbers (rows,) transformed to a standard normal distribution by the quantiles `knots`.

    A number that equals several quantiles is mapped to their middle.
    """
    shares = np.linspace(0, 1, len(knots))
    share = 0.5 * (np.interp(values, knots, shares) + 1 - np.interp(-values, -knots[::-1], shares))
    return np.interp(share, SHARES, NORMAL)


def from_normal(values: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """The inverse of `to_normal`, for numbers (rows,)."""
    return np.interp(np.interp(values, NORMAL, SHARES), np.linspace(0, 1, len(knots)), knots)


#: points of a normal distribution, and which share lies below each
NORMAL = np.linspace(NormalDist().inv_cdf(TAIL), -NormalDist().inv_cdf(TAIL), 2001)
SHARES = np.array([NormalDist().cdf(point) for point in NORMAL])
