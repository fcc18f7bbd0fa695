"""Comparing the parts of the data: sizes, shares of classes, rows in two parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations
from math import sqrt

import numpy as np

from dltool.config.data import PARTS, Rows, SplitConfig
from dltool.data.splitting.partition import Partition
from dltool.data.tables.reader import TableReader
from dltool.findings import Finding, note, warning
from dltool.formatting import first_few, plural

#: fewest rows for reliable results
FEWEST_ROWS = 30
#: a class with fewer rows to train on can hardly be learned
FEWEST_OF_A_CLASS = 5
#: standard deviations from the mean beyond which a target is suspicious
FAR = 12.0
#: most rows to compare
MOST_ROWS = 4_000_000
#: fewest rows in two parts, and their smallest share of a part, for a warning
FEWEST_REPEATED, MANY_REPEATED = 3, 0.01
#: multiplier of the hash of the preceding cells, which makes the order of cells matter
FACTOR = np.uint64(0x9E3779B97F4A7C15)
#: names that a line lists
LISTED = 5


def balance(partition: Partition) -> dict[str, dict[str, int]]:
    """Rows of each class, or with each label, by part; empty for numbers."""
    names, task = partition.target.classes or partition.target.names, partition.target.task
    if task not in ("classes", "multilabel"):
        return {}
    counts = {}
    for part in partition.rows:
        targets = partition.targets(part)
        found = np.bincount(targets, minlength=len(names)) if task == "classes" else np.count_nonzero(targets, axis=0)
        counts[part] = dict(zip(names, found.tolist(), strict=True))
    return counts


def newest_first(split: SplitConfig, table: TableReader) -> Iterator[Finding]:
    """A warning if rows are split by position in a table with the newest rows first."""
    ends = [part for part in PARTS if isinstance(getattr(split, part), Rows)]
    dates = [name for name, kind in table.outline.columns.items() if kind == "date"]
    for name in dates if ends else []:
        cells = table.columns[name].cells
        if table.database.decreases(cells) and not table.database.decreases(f"-epoch({cells})"):
            what = f"the newest rows by '{name}' come first, so the last rows are the oldest"
            yield warning(f"{what}; for the latest ones: {{time: {name}}} with a share", f"data.split.{ends[0]}")
            return


def odd_parts(partition: Partition) -> Iterator[Finding]:
    """Parts with too few rows, or too few of a class."""
    for part in partition.rows:
        rows = partition.count(part)
        if part != "train" and rows < FEWEST_ROWS:
            error = (
                f"; an accuracy of 0.9 on it is uncertain by ± {sqrt(0.9 * 0.1 / rows):.2f}"
                if partition.target.task == "classes"
                else ""
            )
            yield note(f"only {plural(rows, 'row')} in the {part} part{error}", "data.split")
    for part, counts in balance(partition).items():
        rare = [name for name, count in counts.items() if 0 < count < FEWEST_OF_A_CLASS]
        if part == "train" and rare:
            listed = first_few([f"'{name}'" for name in rare], LISTED)
            advice = "merge such classes, or collect more of them"
            yield warning(f"fewer than {FEWEST_OF_A_CLASS} rows to train on have {listed}; {advice}", "target")


def odd_numbers(partition: Partition, places: Mapping[str, TableReader]) -> Iterator[Finding]:
    """Targets that are constant in a part, and outliers."""
    if partition.target.task != "numbers":
        return
    forecast = partition.target.forecast
    names = forecast.columns if forecast else partition.target.names
    constant: dict[str, list[str]] = {}
    for part, (source, index) in partition.rows.items():
        numbers = partition.targets(part)[:, : len(partition.target.names)]
        for i, name in enumerate(names):
            column = numbers[:, i :: len(names)].astype(np.float64)  # all steps of a forecast
            if column.min() == column.max():
                constant.setdefault(name, []).append(part)
                continue
            if forecast:
                continue
            distance = np.abs(column - column.mean()) / column.std()
            if part == "train" and distance.max() > FAR and source in places:
                row = int(distance.argmax())
                rows = np.arange(len(partition.encoded[source]))[index]
                where = places[source].outline.place(int(rows[row]))
                yield warning(f"{distance.max():.0f} standard deviations from the mean at {where}; is it right?", name)
    for name, parts in constant.items():
        where = f"{parts[0]} part" if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]} parts"
        yield warning(f"the same number in all rows of the {where}; nothing can be learned or measured there", name)


def repeated_rows(
    partition: Partition, readers: Mapping[str, TableReader], columns: Sequence[str], *, fine: bool
) -> Iterator[Finding]:
    """Rows with the same cells in two parts; only a note if the columns are not `fine` enough to tell rows apart."""
    if sum(map(partition.count, partition.rows)) > MOST_ROWS or not all(
        source in readers for source, _ in partition.rows.values()
    ):
        return
    hashes = {source: _row_hashes(reader, columns) for source, reader in readers.items()}
    of_parts = {part: hashes[source][index] for part, (source, index) in partition.rows.items()}
    for other, part in combinations(of_parts, 2):
        count = int(np.isin(of_parts[part], of_parts[other]).sum())
        if count:
            share = count / len(of_parts[part])
            advice = "remove repeated rows, or keep those that belong together in one part: split: {group: COLUMN}"
            message = f"{plural(count, 'row')} of the {part} part ({share:.1%}) also in the {other} part; {advice}"
            serious = fine and share >= MANY_REPEATED and count >= FEWEST_REPEATED
            yield (warning if serious else note)(message, "data.split")


def _row_hashes(reader: TableReader, columns: Sequence[str]) -> np.ndarray:
    """A number for each row, uint64 (rows,): the same for equal rows."""
    cells = [reader.columns[name] for name in columns]
    texts = [column.read("DOUBLE" if column.kind in ("integer", "number") else "VARCHAR") for column in cells]
    hashes = []
    for chunk in reader.database.chunks({name: f"hash({text})" for name, text in zip(columns, texts, strict=True)}):
        arrays = [np.ma.getdata(array) for array in chunk.values()]
        hashes.append(reduce(lambda before, array: before * FACTOR + array, arrays, np.zeros_like(arrays[0])))
    return np.concatenate(hashes)
