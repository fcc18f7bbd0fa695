"""Groups of inputs that belong together: those of a column, of a channel, or of some steps of a series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

from dltool.data.preprocessing.features import Preparation, TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.data.sources.source import Source
from dltool.data.sources.windows import Windows

#: groups that the steps of a series are divided into, at most
STEP_GROUPS = 24
#: no positions
NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Group:
    """Some inputs of a sample: positions in its flattened features, and in its codes."""

    name: str
    numbers: np.ndarray  # (k,) int64
    codes: np.ndarray  # (m,) int64

    def taken(self, samples: Samples, others: Samples) -> Samples:
        """Samples whose inputs of this group come from others (n rows, or a single one)."""
        features, codes = samples.features.reshape(len(samples), -1).copy(), samples.codes.copy()
        features[:, self.numbers] = others.features.reshape(len(others), -1)[:, self.numbers]
        codes[:, self.codes] = others.codes[:, self.codes]
        return replace(samples, features=features.reshape(samples.features.shape), codes=codes)


def columns(signature: Signature, preparation: Preparation, source: Source) -> list[Group]:
    """A group for each column of a table, or for each number of the last axis of arrays."""
    if isinstance(preparation, TablePreparation):
        codes = {field.name: _codes_of(field) for field in signature.codes}
        numbers = {name: np.arange(first, first + count) for name, (first, count) in signature.numbers.items()}
        return [Group(name, numbers.get(name, NONE), codes.get(name, NONE)) for name in preparation.types]
    shape = preparation.feature_shape
    width, positions = shape[-1], np.arange(prod(shape)).reshape(-1, shape[-1])
    named = source.column_names if len(source.column_names) == width else ()
    names = named or [f"channel {i + 1}" if len(shape) > 1 else f"input {i + 1}" for i in range(width)]
    series = [Group(field.name, NONE, _codes_of(field)) for field in signature.codes if not field.mask]
    return [Group(name, positions[:, i], NONE) for i, name in enumerate(names)] + series


def steps(preparation: Preparation, source: Source) -> list[Group]:
    """Groups of neighboring steps of a series (steps, channels); none for other samples."""
    shape = preparation.feature_shape
    if isinstance(preparation, TablePreparation) or len(shape) != 2:
        return []
    size = -(-shape[0] // STEP_GROUPS)
    positions = np.arange(prod(shape)).reshape(shape)
    bounds = [(low, min(low + size, shape[0])) for low in range(0, shape[0], size)]
    return [Group(_name(low, high, source), positions[low:high].reshape(-1), NONE) for low, high in bounds]


def _codes_of(field: CodeField) -> np.ndarray:
    return np.arange(field.start, field.start + field.length)


def _name(low: int, high: int, source: Source) -> str:
    """Steps counted from 1; of windows, from the last known row: −1, 0, then those ahead."""
    first, last = low + 1, high
    if isinstance(source, Windows):
        first, last = first - source.length, last - source.length
    return " to ".join(dict.fromkeys(f"{step}".replace("-", "−") for step in (first, last)))
