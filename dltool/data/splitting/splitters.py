"""Drawing rows for a part: at random, class by class, by group, or the latest by a column."""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from dltool.config.data import PARTS
from dltool.data.tables.key_columns import Place, moment, require_cells, times_of
from dltool.errors import InputError, Problem
from dltool.formatting import plural
from dltool.kernels.reference.random import permute

#: rows that are put in order at a time
BLOCK = 1 << 20


class Splitter(ABC):
    """A way of choosing among the rows that are still free, (rows,) booleans."""

    @abstractmethod
    def take(self, free: np.ndarray, count: int) -> np.ndarray:
        """Row numbers of `count` free rows, or of about that number if rows must stay together."""

    def fold(self, free: np.ndarray, number: int, of: int) -> np.ndarray:
        """Row numbers of fold `number` of `of` equal folds that together hold all free rows."""
        raise InputError(Problem("folds are not supported for this way of drawing rows", path="data.split.fold"))

    def notes(self, parts: Mapping[str, slice | np.ndarray]) -> list[str]:
        """Notes on the parts for the user."""
        return []


class RandomSplitter(Splitter):
    """At random; with `labels` (rows,), so that every class keeps its share up to one row."""

    def __init__(self, rows: int, seed: int, labels: np.ndarray | None = None):
        order = np.empty(rows, np.uint32)
        for low in range(0, rows, BLOCK):
            index = np.arange(low, min(low + BLOCK, rows))
            order[low : low + BLOCK] = permute(index, rows, key=seed, epoch=0)
        if labels is not None:
            small = np.min_scalar_type(int(labels.max()))  # sorts faster, by radix, and takes less room
            order = order[np.argsort(labels.astype(small)[order], kind="stable")]
        self._order = order

    def take(self, free: np.ndarray, count: int) -> np.ndarray:
        """Evenly spaced among the free rows in random order, class by class."""
        candidates = self._order[free[self._order]]
        return candidates[(2 * np.arange(count) + 1) * len(candidates) // (2 * count)]

    def fold(self, free: np.ndarray, number: int, of: int) -> np.ndarray:
        """Every `of`-th of the free rows in random order, starting from the `number`-th."""
        candidates = self._order[free[self._order]]
        if len(candidates) < of:
            message = f"{plural(len(candidates), 'row')} cannot be divided into {of} folds"
            raise InputError(Problem(message, path="data.split.fold"))
        return candidates[number - 1 :: of]


class GroupSplitter(Splitter):
    """Whole groups: rows with equal cells in a column (rows,) stay together."""

    def __init__(self, column: str, cells: np.ndarray, seed: int, place: Place):
        require_cells(cells, column, "data.split.group", place)
        self._column = column
        names, self._group = np.unique(np.ma.getdata(cells), return_inverse=True)
        self._order = permute(np.arange(len(names)), len(names), key=seed, epoch=0)

    def take(self, free: np.ndarray, count: int) -> np.ndarray:
        """Groups in random order that fit into `count` rows; the smallest group if none fits."""
        sizes = self._sizes(free, 2)
        chosen, room = np.zeros(len(sizes), dtype=bool), count
        for group in self._order[sizes[self._order] > 0]:
            if sizes[group] <= room:
                chosen[group] = True
                room -= sizes[group]
        if not chosen.any():
            chosen[min(self._order[sizes[self._order] > 0], key=lambda group: sizes[group])] = True
        return np.flatnonzero(free & chosen[self._group])

    def fold(self, free: np.ndarray, number: int, of: int) -> np.ndarray:
        """Groups by decreasing size, each assigned to the smallest fold."""
        sizes = self._sizes(free, of)
        folds = [(0, fold) for fold in range(1, of + 1)]
        chosen = np.zeros(len(sizes), dtype=bool)
        for group in self._order[np.argsort(-sizes[self._order], kind="stable")]:
            filled, fold = folds[0]
            chosen[group] = fold == number
            heapq.heapreplace(folds, (filled + int(sizes[group]), fold))
        return np.flatnonzero(free & chosen[self._group])

    def notes(self, parts: Mapping[str, slice | np.ndarray]) -> list[str]:
        counts = {part: len(np.unique(self._group[index])) for part, index in parts.items()}
        listed = ", ".join(f"{counts[part]} {part}" for part in PARTS if part in counts)
        shared = _in_two(self._group, parts, "group")
        return [f"groups of column '{self._column}': {listed}", *shared]

    def _sizes(self, free: np.ndarray, needed: int) -> np.ndarray:
        """Free rows of each group (groups,); raises InputError where fewer than `needed` groups have any."""
        sizes = np.bincount(self._group[free], minlength=len(self._order))
        if np.count_nonzero(sizes) < needed:
            found = plural(int(np.count_nonzero(sizes)), "group")
            message = f"column '{self._column}' has {found} to draw from, at least {needed} are needed"
            raise InputError(Problem(message, path="data.split.group"))
        return sizes


class TimeSplitter(Splitter):
    """The latest by a column (rows,) of dates or numbers; rows of the same time stay together."""

    def __init__(self, column: str, cells: np.ndarray, place: Place):
        self._column, self._times = column, times_of(cells, column, "data.split.time", place)

    def take(self, free: np.ndarray, count: int) -> np.ndarray:
        """The latest rows, from the time that gives the number of rows closest to `count`."""
        rows = np.flatnonzero(free)
        rows = rows[np.argsort(self._times[rows], kind="stable")]
        times = self._times[rows]
        changes = np.flatnonzero(times[1:] != times[:-1]) + 1
        if not changes.size:
            message = f"column '{self._column}' is {moment(times[0])} in all rows to draw from; later ones are needed"
            raise InputError(Problem(message, path="data.split.time"))
        return rows[changes[np.abs(changes - (len(rows) - count)).argmin()] :]

    def notes(self, parts: Mapping[str, slice | np.ndarray]) -> list[str]:
        starts = {part: times.min() for part, index in parts.items() if len(times := self._times[index])}
        listed = ", ".join(f"{p} from {moment(starts[p])}" for p in PARTS if p in starts)
        return [f"times of column '{self._column}': {listed}", *_in_two(self._times, parts, "time")]


def _in_two(values: np.ndarray, parts: Mapping[str, slice | np.ndarray], what: str) -> list[str]:
    """Notes on groups or times (rows,) in two parts, which is possible for parts that are not drawn."""
    found = {part: np.unique(values[parts[part]]) for part in PARTS if part in parts}
    pairs = combinations(found, 2)
    counts = {(one, other): len(np.intersect1d(found[one], found[other])) for one, other in pairs}
    return [f"{plural(n, what)} in both the {one} and the {other} part" for (one, other), n in counts.items() if n]
