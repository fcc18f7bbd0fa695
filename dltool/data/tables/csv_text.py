"""Facts about the text of a CSV file, found without duckdb: its delimiter, and the line numbers of its rows.

The delimiter is passed to duckdb, because its detection prefers a reading without errors: with one ragged line it takes
the file as a single column, or skips all lines before.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise, tee
from pathlib import Path
from typing import Any

from dltool.config.columns import clean_name
from dltool.data.column_types.column_type import MISSING
from dltool.data.column_types.date_formats import formats_of
from dltool.data.files.gzipped import damage_explained, open_bytes, open_text
from dltool.data.tables.dialect import Dialect
from dltool.errors import InputError, Problem

#: in order of preference where several divide all lines alike; with decimal commas a comma may do so too
DELIMITERS = "\t;|,"
#: characters and lines that tell how lines are divided
SAMPLE, FEWEST_LINES = 1 << 16, 8
#: records, and cells in them, that tell whether the first one names the columns
RECORDS, CELLS = 1000, 1 << 17
csv.field_size_limit(1 << 30)  # a cell may be long
#: what is a number and no name
_VALUE = re.compile(r"[-+]?[0-9][0-9.,']*([eE][-+]?[0-9]+)?[%$€£]?")
#: the share of lines that a blank must divide alike
MOST = 0.5


def find_division(path: Path, dialect: Dialect) -> tuple[Dialect, int]:
    """The dialect with delimiter and quote, and how many fields most of the first lines have.

    The delimiter divides most lines into equally many fields; it is a space where none of the usual ones does, and a
    comma where there is but one field.
    """
    lines = _first_lines(path, dialect)
    if dialect.delimiter:
        divisions = [_division(lines, dialect.delimiter)]
    else:
        divisions = [_division(lines, delimiter) for delimiter in DELIMITERS]
        if not any(share for share, _, _ in divisions):
            divisions = [_by_blanks(path, lines)]
    share, fields, delimiter = max(divisions, key=lambda division: division[0])
    delimiter = delimiter if share or dialect.delimiter else ","
    quote = dialect.quote
    if quote is None:
        quote = "" if _quotes_are_text(lines, delimiter, fields) else '"'
    return replace(dialect, delimiter=delimiter, quote=quote), fields


def _first_lines(path: Path, dialect: Dialect) -> list[str]:
    """Whole lines from the start of a file; raises InputError where there are none."""
    lines, size = [], 0
    with damage_explained(path), open_text(path, dialect.encoding) as file:
        for _ in range(dialect.skip):
            file.readline()
        while (size < SAMPLE or len(lines) < FEWEST_LINES) and (line := file.readline()):
            lines.append(line)
            size += len(line)
    if not any(line.strip() for line in lines):
        raise InputError(Problem("the file is empty", str(path)))
    return lines


def _quotes_are_text(lines: list[str], delimiter: str, fields: int) -> bool:
    """Whether some quotes are never closed, and all lines have the same number of fields if quotes mean nothing."""
    plain = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if not any(len(field) > 1 and field[0] == '"' != field[-1] for one in plain for field in one):
        return False
    return all(len(one) == fields for one in plain)


def _division(lines: list[str], delimiter: str) -> tuple[float, int, str]:
    """The share of lines with the most frequent number of fields, or 0 where that is 1; this number; the delimiter."""
    sizes = Counter(len(record) for record in csv.reader(lines, delimiter=delimiter) if record)
    fields, lines_alike = max(sizes.items(), key=lambda size: (size[1], size[0]), default=(1, 0))
    return (lines_alike / sizes.total() if fields > 1 else 0.0), fields, delimiter


def _by_blanks(path: Path, lines: list[str]) -> tuple[float, int, str]:
    """The same for blanks, of which there is one between fields; a few lines of as many words are sentences."""
    words = {len(line.split()) for line in lines if line.strip()}
    if len(words) == 1 and words != {1} and any("  " in line.strip() for line in lines):
        advice = f"make them one: sed 's/^ *//; s/  */ /g' {path} > NEW.csv"
        raise InputError(Problem(f"several blanks stand between fields; {advice}", str(path)))
    share, fields, delimiter = _division(lines, " ")
    return (share, fields, delimiter) if share > MOST else (0.0, 1, delimiter)


def first_records(path: Path, dialect: Dialect) -> list[list[str]]:
    """The fields of the first records that are not empty."""
    found, cells = [], 0
    with damage_explained(path), open_text(path, dialect.encoding) as file:
        for record in filter(None, _records(file, dialect)):
            found.append(record)
            cells += len(record)
            if len(found) == RECORDS or cells > CELLS:
                break
    return found


def has_header(records: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Whether the first of these records names the columns.

    It does where it holds the names that are expected; else where a word stands above values, or where it holds words
    alone and none comes again in its own column.
    """
    first, rows = [field.strip() for field in records[0]], records[1:]
    if dialect.expected and {*dialect.expected} <= {*map(clean_name, first)}:
        return True
    columns = [[row[place].strip() for row in rows if place < len(row)] for place in range(len(first))]
    for word, column in zip(first, columns, strict=True):
        if word not in ("", *MISSING) and not _is_value(word) and 2 * sum(map(_is_value, column)) > len(column):
            return True  # a word above values
    words = [*filter(None, first)]
    if not words or any(map(_is_value, words)):
        return False
    return not any(word and word in column for word, column in zip(first, columns, strict=True))


def _is_value(field: str) -> bool:
    """Whether a field is a number or a date, which name no column."""
    return bool(_VALUE.fullmatch(field)) or bool(formats_of([field]))


def lines_of(path: Path, rows: Collection[int], dialect: Dialect) -> dict[int, int]:
    """The lines, from 1, on which rows, from 0, end; minds line breaks within quotes, and empty lines."""
    found: dict[int, int] = {}
    last = max(rows, default=-1)
    with damage_explained(path), open_text(path, dialect.encoding) as file:
        reader = _records(file, dialect)
        records = (dialect.skip + reader.line_num for record in reader if record)
        for row, line in enumerate(records, -1 if dialect.header else 0):
            if row in rows:
                found[row] = line
            if row >= last:
                break
    return found


def line_end(path: Path, dialect: Dialect) -> str:
    """What ends the first record that is not empty, whatever line breaks it holds within quotes."""
    with damage_explained(path), open_text(path, dialect.encoding) as file:
        lines, again = tee(file)
        reader = _records(lines, dialect)
        next(filter(None, reader), None)
        last = next(islice(again, dialect.skip + reader.line_num - 1, None), "")
    return last[len(last.rstrip("\r\n")) :]


def odd_line_end(path: Path) -> int | None:
    """The first line, from 1, that ends otherwise than the one before it; None where there is none."""
    with damage_explained(path), open_bytes(path) as file:
        ends = (line.endswith(b"\r\n") for line in file if line.endswith(b"\n"))
        return next((number for number, (one, other) in enumerate(pairwise(ends), 2) if one != other), None)


def _records(lines: Iterator[str], dialect: Dialect) -> Any:
    """A reader of the records behind the lines that are left out."""
    for _ in range(dialect.skip):
        next(lines, "")
    quoting = csv.QUOTE_MINIMAL if dialect.quote != "" else csv.QUOTE_NONE
    return csv.reader(lines, delimiter=dialect.delimiter or ",", quoting=quoting)
