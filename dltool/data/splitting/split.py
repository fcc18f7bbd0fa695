"""Dividing the rows of one source into parts: drawn, named by a column, or taken from the ends of the file.

Drawing depends on `split.seed`, the number of rows and the column or classes to draw by, but not on `train.seed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from dltool.config.data import Rows, SplitConfig
from dltool.data.readers.outline import TimeOrder
from dltool.data.splitting.dated_parts import dated_parts, earlier_than
from dltool.data.splitting.part_column import named_rows
from dltool.data.splitting.series_splitter import SeriesSplitter, kept_apart
from dltool.data.splitting.splitters import GroupSplitter, RandomSplitter, Splitter, TimeSplitter
from dltool.data.targets.class_names import rows_of_classes
from dltool.errors import InputError, Problem

#: rows of one part, in the order of the file; a slice if they are consecutive, which copies nothing
Index = slice | np.ndarray


def split_rows(
    split: SplitConfig,
    parts: Sequence[str],
    rows: int,
    labels: np.ndarray | None,
    columns: Mapping[str, np.ndarray] | None = None,
    place: Callable[[int], str] = str,
    time_order: TimeOrder | None = None,
) -> tuple[dict[str, Index], list[str]]:
    """The rows of each of the `parts`, none in two of them, with notes.

    `labels` (rows,) are those of a classifier, `columns` what the split needs to see, (rows,) each, `place` where a row
    stands; `time_order` is known where samples follow each other in time. Raises InputError for parts that overlap, are
    empty, or ask for more rows than there are.
    """
    shared = time_order.shared if time_order else 0
    chosen = _fixed_parts(split, parts, rows, columns or {}, place, shared)
    free = np.ones(rows, dtype=bool)
    for index in chosen.values():
        near = slice(max(0, index.start - shared), index.stop + shared) if isinstance(index, slice) else index
        free[near] = False
    several = bool(chosen) and time_order and len(time_order.sizes) > 1
    if dated := dated_parts(split, parts, time_order):
        chosen |= {part: _compact(of_part) for part, of_part in dated.items()}
        free &= earlier_than(split, dated, time_order)
    # the test part first, so that it does not depend on the validation part
    wanted = [part for part in reversed(parts) if part != "train" and part not in chosen and not split.names(part)]
    notes = ["the file holds several series: its last rows are all from the last one"] if several else []
    if wanted:
        if time_order:
            splitter = SeriesSplitter(time_order, rows)
        else:
            splitter, notes = _splitter_of(split, len(parts), rows, labels, columns or {}, place)
        for part in wanted:
            if split.fold and part == "validation":
                picked = splitter.fold(free, split.fold.number, split.fold.of)
            else:
                picked = _draw(part, split.fraction(part), splitter, free)
            free[picked] = False
            chosen[part] = _compact(np.sort(picked))
        notes = [*notes, *splitter.notes({"train": np.flatnonzero(free), **chosen})]
    left = np.count_nonzero(free)
    if "train" in chosen:
        return chosen, [*notes, f"{left} of {rows} rows are in no part"] if left else notes
    if not left:
        raise InputError(Problem(f"no rows are left to train on: other parts take all {rows}", path="data.split"))
    first = int(free.argmax())
    together = bool(free[first : first + left].all())
    return {**chosen, "train": slice(first, first + left) if together else _compact(np.flatnonzero(free))}, notes


def _fixed_parts(
    split: SplitConfig,
    parts: Sequence[str],
    rows: int,
    columns: Mapping[str, np.ndarray],
    place: Callable[[int], str],
    shared: int,
) -> dict[str, Index]:
    """The parts that are not drawn: from the ends of the file, or named by a column, except "train"."""
    ends = {
        part: _end(part, wish, rows)
        for part in parts
        if isinstance(wish := getattr(split, part), Rows) and wish.since is None
    }
    if problems := list(_overlaps(ends)):
        raise InputError(*problems)
    column = split.part_column
    named = named_rows(column, columns[column.name], place) if column else {}
    ends = kept_apart(ends, shared) if shared else ends
    return {**ends, **{part: _compact(named[part]) for part in parts if part in named and part != "train"}}


def _end(part: str, wish: Rows, rows: int) -> slice:
    """The first or last rows, as the config requests."""
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


def _splitter_of(
    split: SplitConfig,
    parts: int,
    rows: int,
    labels: np.ndarray | None,
    columns: Mapping[str, np.ndarray],
    place: Callable[[int], str],
) -> tuple[Splitter, list[str]]:
    """How rows are drawn, with notes."""
    if split.group:
        return GroupSplitter(split.group, columns[split.group], split.seed, place), []
    if split.time:
        return TimeSplitter(split.time, columns[split.time], place), []
    if split.stratify is True and labels is None:
        message = "rows can be drawn by class only where the target is one of several classes; this one is not"
        raise InputError(Problem(message, path="data.split.stratify"))
    if labels is None or split.stratify is False:
        return RandomSplitter(rows, split.seed), []
    counts = rows_of_classes(labels)
    fewest = int(counts[counts > 0].min())
    if split.stratify == "auto" and fewest < parts:
        note = f"a class has only {fewest} rows, so rows are not stratified by class (data.split.stratify)"
        return RandomSplitter(rows, split.seed), [note]
    return RandomSplitter(rows, split.seed, labels), []


def _draw(part: str, fraction: float, splitter: Splitter, free: np.ndarray) -> np.ndarray:
    """A fraction of all rows, drawn from the free ones."""
    rows, left = len(free), np.count_nonzero(free)
    count = round(fraction * rows)
    path = f"data.split.{part}"
    if not count:
        raise InputError(Problem(f"would be empty: {fraction:g} of {rows} rounds to no row", path=path))
    if count > left:
        message = f"{fraction:g} of {rows} rows is {count}, but other parts leave only {left}"
        raise InputError(Problem(message, path=path))
    return splitter.take(free, count)


def _compact(rows: np.ndarray) -> Index:
    """Ascending row numbers in a compact form."""
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows):
        return slice(first, last + 1)
    return rows.astype(np.int32) if last <= np.iinfo(np.int32).max else rows


def among(index: Index, usable: np.ndarray | None) -> Index:
    """An index into the `usable` rows (n,) as one into all rows; None stands for all."""
    return index if usable is None else _compact(usable[index])


def overlap(index: Index, low: int, high: int) -> tuple[slice, Index]:
    """The part of an index within the rows `low` to before `high`: its slice of the index, and its rows minus `low`."""
    if isinstance(index, slice):
        first, last = max(index.start or 0, low), high if index.stop is None else min(index.stop, high)
        last = max(first, last)
        begin = index.start or 0
        return slice(first - begin, last - begin), slice(first - low, last - low)
    first, last = np.searchsorted(index, [low, high])
    return slice(int(first), int(last)), index[first:last] - low
