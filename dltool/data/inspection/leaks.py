"""Leaks: columns that give the target away, so that a network learns nothing else.

The search looks at a sample of rows. A leak is a suspicion: only the user knows whether a value is available at
prediction time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

#: fewer rows prove nothing
FEWEST_ROWS = 20
#: how unlikely agreement by chance must be, as a power of e
CHANCE = 50.0
#: average rows for each value from which on repeated values are not just copied rows
REPEATED = 5
#: correlation from which on a column is the target in other units
ALIKE = 0.999
#: of the range of the target, where a formula is exact
EXACT = 1e-6


@dataclass(frozen=True)
class Sample:
    """Some rows of a table; missing cells have the key 0, and are NaN among numbers."""

    keys: Mapping[str, np.ndarray]  # by column, (rows,) uint64: equal where the texts of cells are
    numbers: Mapping[str, np.ndarray]  # by column that holds numbers, (rows,) float64

    def without(self, columns: Collection[str]) -> Sample:
        """The other columns."""
        keys = {name: cells for name, cells in self.keys.items() if name not in columns}
        return Sample(keys, {name: cells for name, cells in self.numbers.items() if name not in columns})


@dataclass(frozen=True)
class Leak:
    """Columns that give the target away, and how; `certain` if there is hardly another explanation."""

    columns: tuple[str, ...]
    how: str  # "equals the target"
    certain: bool = True


def find_leaks(sample: Sample, target: str, *, classes: bool) -> list[Leak]:
    """Leaks of a target, classes or numbers, each column in one of them."""
    if len(sample.keys[target]) < FEWEST_ROWS:
        return []
    found: dict[str, Leak] = {}
    for column in sample.keys:
        if column != target and (leak := _alone(sample, column, target, classes)):
            found[column] = leak
    if not classes:
        rest = {column: cells for column, cells in sample.numbers.items() if column not in (target, *found)}
        leak = _together(rest, sample.numbers[target])
        return [*found.values(), *([leak] if leak else [])]
    return list(found.values())


def _alone(sample: Sample, column: str, target: str, classes: bool) -> Leak | None:
    """The leak of a single column, if any."""
    cells, wanted = sample.keys[column], sample.keys[target]
    there = cells != 0
    if there.sum() < FEWEST_ROWS:
        return None
    if np.array_equal(cells[there], wanted[there]):
        return Leak((column,), "equals the target")
    if _determines(cells[there], wanted[there]):
        values = len(np.unique(cells[there]))
        return Leak((column,), f"determines the target: each of its {values} values goes with a single one")
    if column not in sample.numbers:
        return None
    if classes:
        return _separates(column, sample.numbers[column], wanted)
    return _follows(column, sample.numbers[column], sample.numbers[target])


def _determines(cells: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether the target is a function of the cells, and repeats often enough for that to mean something."""
    values, groups = np.unique(cells, return_inverse=True)
    answers, counts = np.unique(wanted, return_counts=True)
    if len(values) > len(cells) / REPEATED or len(answers) < 2:
        return False
    agreements = len(cells) - len(values)
    by_chance = float(np.square(counts / len(wanted)).sum())
    if agreements * -log(by_chance) < CHANCE:
        return False
    first = np.zeros(len(values), dtype=wanted.dtype)
    first[groups[::-1]] = wanted[::-1]
    return bool((first[groups] == wanted).all())


def _separates(column: str, numbers: np.ndarray, wanted: np.ndarray) -> Leak | None:
    """Whether every class has a range of the column to itself."""
    there = np.isfinite(numbers)
    classes, labels = np.unique(wanted[there], return_inverse=True)
    if len(classes) < 2 or np.bincount(labels).min() < FEWEST_ROWS / 2:
        return None
    low, high = np.full(len(classes), np.inf), np.full(len(classes), -np.inf)
    np.minimum.at(low, labels, numbers[there])
    np.maximum.at(high, labels, numbers[there])
    order = np.argsort(low)
    if (high[order][:-1] < low[order][1:]).all():
        return Leak((column,), "separates the classes perfectly: each has its own range", certain=False)
    return None


def _follows(column: str, numbers: np.ndarray, wanted: np.ndarray) -> Leak | None:
    """Whether the column is the target in other units, or in the same order."""
    there = np.isfinite(numbers) & np.isfinite(wanted)
    x, y = numbers[there], wanted[there]
    if len(x) < FEWEST_ROWS or x.min() == x.max() or y.min() == y.max():
        return None
    correlation = float(np.corrcoef(x, y)[0, 1])
    if abs(correlation) > ALIKE:
        return Leak((column,), f"is almost the target itself: correlation {correlation:.6f}")
    if len(np.unique(x)) < len(x) / 2:
        return None
    steps = np.diff(y[np.lexsort((y, x))])
    if (steps >= 0).all() or (np.diff(y[np.lexsort((-y, x))]) <= 0).all():
        return Leak((column,), "puts all rows in the order of the target")
    return None


def _together(columns: Mapping[str, np.ndarray], wanted: np.ndarray) -> Leak | None:
    """Columns whose exact sum, difference or other linear function is the target."""
    names = [name for name, cells in columns.items() if np.nanmax(cells, initial=0) != np.nanmin(cells, initial=0)]
    if len(names) < 2:
        return None
    x = np.stack([columns[name] for name in names], axis=1)
    there = np.isfinite(x).all(axis=1) & np.isfinite(wanted)
    x, y = x[there], wanted[there]
    if len(x) < 5 * len(names) + FEWEST_ROWS or y.min() == y.max():
        return None
    x, y = x - x.mean(axis=0), y - y.mean()
    sizes = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    weights, *_ = np.linalg.lstsq(x / sizes, y, rcond=None)
    if np.abs(x / sizes @ weights - y).max() > EXACT * np.ptp(y):
        return None
    parts = [i for i in range(len(names)) if abs(weights[i]) > 1e-4 * y.std()]
    if len(parts) < 2:
        return None
    terms = [(names[i], weights[i] / sizes[i]) for i in parts]
    whole = all(abs(abs(weight) - 1) < 1e-4 for _, weight in terms)
    formula = _formula(terms) if whole else "a linear function of them"
    return Leak(tuple(name for name, _ in terms), f"together are the target: {formula}", certain=whole)


def _formula(terms: Sequence[tuple[str, float]]) -> str:
    """The sum or difference, such as "casual + registered"."""
    return "".join(_terms(sorted(terms, key=lambda term: term[1] < 0)))


def _terms(terms: Sequence[tuple[str, float]]) -> Iterator[str]:
    for index, (name, weight) in enumerate(terms):
        sign = "+" if weight > 0 else "−"
        yield f" {sign} {name}" if index else name if weight > 0 else f"−{name}"
