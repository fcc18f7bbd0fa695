"""Prepared samples, and alias tables for weighted sampling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AliasTable:
    """Walker's alias table: draw a row uniformly, keep it with its probability, else take its alias."""

    chances: np.ndarray  # (n,) float32
    others: np.ndarray  # (n,) int32

    @property
    def bytes(self) -> int:
        """Size of both."""
        return self.chances.nbytes + self.others.nbytes


@dataclass(frozen=True)
class Samples:
    """Prepared samples: features (n, *feature_shape), targets, and codes (n, m) int32, all fields side by side.

    Targets are (n,) int64 classes, (n, k) float32 numbers, scaled, or (n, k) float32 labels, each 0 or 1. The numbers
    of several time series have one more behind them, that of the series. Where features are blocks of tokens, each
    followed by its next, they are (n, 2) float32: how many of these count as targets, and the characters that they
    stand for. Weights are (n,) float32, of each sample in the mean of losses.
    """

    features: np.ndarray
    targets: np.ndarray
    codes: np.ndarray
    weights: np.ndarray | None = None  # None: all 1
    alias: AliasTable | None = None  # where rows are not drawn equally often

    def __len__(self) -> int:
        return len(self.targets)

    def rows(self, low: int, high: int) -> Samples:
        """The samples from `low` to before `high`."""
        return self.taken(slice(low, high))

    def taken(self, rows: slice | np.ndarray) -> Samples:
        """The samples of some rows, by number or as a slice."""
        return samples_of({name: array[rows] for name, array in self.arrays.items()})

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What there is of each sample, by field."""
        fields = {"features": self.features, "codes": self.codes, "targets": self.targets}
        return fields if self.weights is None else {**fields, "weights": self.weights}


def joined_samples(parts: Sequence[Samples]) -> Samples:
    """The samples of several parts, one after the other."""
    every = [part.arrays for part in parts]
    return samples_of({name: np.concatenate([arrays[name] for arrays in every]) for name in every[0]})


def samples_of(arrays: Mapping[str, np.ndarray]) -> Samples:
    """Samples with these `arrays`."""
    return Samples(arrays["features"], arrays["targets"], arrays["codes"], arrays.get("weights"))
