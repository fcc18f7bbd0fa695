"""What the text of a CSV file tells without duckdb: its delimiter, and the lines of its rows.

duckdb is told the delimiter because its own search prefers a reading in which nothing is wrong: one ragged line, and it
takes the file for a single column, or leaves out all that stands before.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from dltool.data.gzipped import open_text
from dltool.errors import InputError, Problem

#: in order of preference where several divide all lines alike; with decimal commas a comma may do so too
DELIMITERS = "\t;|,"
SAMPLE = 1 << 16


def find_delimiter(path: Path) -> tuple[str, int]:
    """The character that divides most of the first lines into equally many fields, and how many these are.

    A space where none of the usual ones does; a comma and 1 where there is but one field.
    """
    try:
        with open_text(path) as file:
            sample = file.read(SAMPLE)
    except (EOFError, OSError, zlib.error):
        raise InputError(Problem("a damaged gzip file, or one that was cut short", str(path))) from None
    if not sample.strip():
        raise InputError(Problem("the file is empty", str(path)))
    lines = sample.splitlines(keepends=True)
    if len(sample) == SAMPLE and len(lines) > 1:
        lines.pop()  # is cut off
    for delimiters in (DELIMITERS, " "):
        divisions = [_division(lines, delimiter) for delimiter in delimiters]
        share, fields, delimiter = max(divisions, key=lambda division: division[0])
        if share:
            return delimiter, fields
    return ",", 1


def _division(lines: list[str], delimiter: str) -> tuple[float, int, str]:
    """The share of lines with the most frequent number of fields, or 0 where that is 1; this number; the delimiter."""
    sizes = Counter(len(record) for record in csv.reader(lines, delimiter=delimiter) if record)
    fields, lines_alike = max(sizes.items(), key=lambda size: (size[1], size[0]), default=(1, 0))
    return (lines_alike / sizes.total() if fields > 1 else 0.0), fields, delimiter


def lines_of(path: Path, rows: Collection[int], *, delimiter: str, header: bool) -> dict[int, int]:
    """The lines, from 1, on which rows, from 0, end; minds line breaks within quotes, and empty lines."""
    found: dict[int, int] = {}
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        records = (reader.line_num for record in reader if record)
        for row, line in enumerate(records, -1 if header else 0):
            if row in rows:
                found[row] = line
            if row >= max(rows):
                break
    return found
