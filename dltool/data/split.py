"""Dividing the rows of one source into parts: by fractions drawn at random, or from the ends of the file.

What is drawn depends on `split.seed`, the number of rows and, stratified, on their classes: not on a training's seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from dltool.config.experiment import Rows, SplitConfig
from dltool.errors import InputError, Problem
from dltool.kernels.reference.random import permute

#: rows of one part, in the order of the file; a slice where they lie together, which copies nothing
Index = slice | np.ndarray


def split_rows(
    split: SplitConfig, parts: Sequence[str], rows: int, labels: np.ndarray | None
) -> tuple[dict[str, Index], list[str]]:
    """The rows of each of the `parts`, none in two of them, with notes; `labels` (rows,) are those of a classifier.

    Raises InputError for parts that overlap, are empty, or ask for more rows than there are.
    """
    ends = {part: _end(part, wish, rows) for part in parts if isinstance(wish := getattr(split, part), Rows)}
    if problems := list(_overlaps(ends)):
        raise InputError(*problems)
    free = np.ones(rows, dtype=bool)
    for span in ends.values():
        free[span] = False
    chosen: dict[str, Index] = {**ends}
    # the test part first, so that it stays the same whatever is taken for validation
    drawn = [part for part in reversed(parts) if part != "train" and part not in chosen]
    order = _order(split, rows, labels) if drawn else np.empty(0, dtype=np.int64)
    for part in drawn:
        picked = _draw(part, getattr(split, part), rows, order[free[order]])
        free[picked] = False
        chosen[part] = _compact(picked)
    left = np.flatnonzero(free)
    if "train" in chosen:
        return chosen, [f"{len(left)} of {rows} rows are in no part"] if len(left) else []
    if not len(left):
        raise InputError(Problem(f"no rows are left to train on: other parts take all {rows}", path="data.split"))
    return {**chosen, "train": _compact(left)}, []


def _end(part: str, wish: Rows, rows: int) -> slice:
    """The first or last rows that the config wishes."""
    count = wish.first or wish.last or 0
    if count > rows:
        message = f"asks for {count} rows, but there are only {rows}"
        raise InputError(Problem(message, path=f"data.split.{part}"))
    return slice(0, count) if wish.first else slice(rows - count, rows)


def _overlaps(spans: Mapping[str, slice]) -> Iterator[Problem]:
    for (one, first), (other, second) in combinations(spans.items(), 2):
        shared = min(first.stop, second.stop) - max(first.start, second.start)
        if shared > 0:
            message = (
                f"{one} (rows {first.start + 1} to {first.stop}) and {other} (rows {second.start + 1} to {second.stop})"
                f" share {shared}; no row may be in two parts"
            )
            yield Problem(message, path="data.split")


def _order(split: SplitConfig, rows: int, labels: np.ndarray | None) -> np.ndarray:
    """All rows in a random order; stratified, class by class and in random order within each."""
    order = permute(np.arange(rows), rows, key=split.seed, epoch=0)
    if not split.stratify:
        return order
    if labels is None:
        message = "rows can be drawn by class only where the target is classes; this one is numbers"
        raise InputError(Problem(message, path="data.split.stratify"))
    return order[np.argsort(labels[order], kind="stable")]


def _draw(part: str, fraction: float, rows: int, candidates: np.ndarray) -> np.ndarray:
    """That fraction of all rows, evenly spaced among the candidates (so a class keeps its share up to one row)."""
    count = round(fraction * rows)
    path = f"data.split.{part}"
    if not count:
        raise InputError(Problem(f"would be empty: {fraction:g} of {rows} rounds to no row", path=path))
    if count > len(candidates):
        message = f"{fraction:g} of {rows} rows is {count}, but other parts leave only {len(candidates)}"
        raise InputError(Problem(message, path=path))
    places = (2 * np.arange(count) + 1) * len(candidates) // (2 * count)
    return np.sort(candidates[places])


def _compact(rows: np.ndarray) -> Index:
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows
