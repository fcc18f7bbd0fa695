"""The types that a sample of a column's cells allows, in order of preference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dltool.data.column_types.boolean import Boolean
from dltool.data.column_types.column_type import ColumnType
from dltool.data.column_types.date import Date
from dltool.data.column_types.date_formats import formats_of, has_offset
from dltool.data.column_types.number import THOUSANDS, UNITS, Integer, Number
from dltool.data.column_types.text import Text

_BOOLEAN = re.compile("true|false|yes|no|[tfyn01]", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?(?:inf|nan|[0-9.,' ]*[0-9][0-9.,' ]*(?:[eE][-+]?[0-9]+)?)", re.IGNORECASE)
_DIGITS = re.compile(r"[-+]?[0-9]+")
_PLAIN = re.compile(r"[-+]?[0-9]*[.]?[0-9]+(?:[eE][-+]?[0-9]+)?")
#: most date formats to try
MOST_FORMATS = 12


def candidates(cells: Sequence[str], decimals: Sequence[str]) -> list[ColumnType]:
    """All types except text that fit most of these cells, none of which is missing.

    `decimals` are the possible decimal marks in order of preference.
    """
    found: list[ColumnType] = [*number_types(cells, decimals)]
    if _mostly(_BOOLEAN, cells):
        found.append(Boolean())
    return [*found, *([] if all(map(_PLAIN.fullmatch, cells)) else date_types(cells))]


def number_types(cells: Sequence[str], decimals: Sequence[str]) -> Iterator[ColumnType]:
    """Number types, with the units and marks that occur."""
    together = ";".join(cells)
    units = [unit for unit in UNITS if unit in together and any(unit in (cell[:1], cell[-1:]) for cell in cells)]
    for unit in ("", *units):
        bare = [cell.replace(unit, "").strip() if unit else cell for cell in cells]
        if not _mostly(_NUMBER, bare):
            continue
        numbers = [cell for cell in bare if _NUMBER.fullmatch(cell)]
        text = ";".join(numbers)
        if all(map(_DIGITS.fullmatch, numbers)):
            yield Integer(unit=unit)
        if "." in decimals:
            yield Number(unit=unit)
        for decimal in decimals:
            if decimal == "," and ("," in text or decimals == (",",)):
                yield Number(decimal=",", unit=unit)
            for between in THOUSANDS[decimal]:
                if re.search(rf"[0-9]{re.escape(between)}[0-9]{{3}}(?![0-9])", text):
                    yield Number.model_validate({"decimal": decimal, "thousands": between, "unit": unit})


def date_types(cells: Sequence[str], *, expected: bool = False) -> list[Date]:
    """Date types, one for each format that occurs; with `expected`, digits alone may be dates too."""
    # either all cells have an offset or none
    offsets = "utc" if 2 * sum(map(has_offset, cells)) > len(cells) else "none"
    formats = formats_of(cells, expected=expected)[:MOST_FORMATS]
    return [Date(format=form, offsets=offsets if form == "iso" or "%z" in form else "none") for form in formats]


def types_for(sql_type: str, cells: Sequence[str], decimals: Sequence[str]) -> list[ColumnType]:
    """The column types whose values have this SQL type; always at least one."""
    if sql_type == Text.sql_type:
        return [Text()]
    if sql_type == Boolean.sql_type:
        return [Boolean()]
    if sql_type == Date.sql_type:
        return [*date_types(cells, expected=True)] or [Date()]
    numbers: list[ColumnType] = [*number_types(cells, decimals)]
    if not numbers and _mostly(_BOOLEAN, cells):
        return [Boolean()]
    return numbers or [Number(decimal="," if tuple(decimals) == (",",) else ".")]


def _mostly(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    return 2 * sum(bool(pattern.fullmatch(cell)) for cell in cells) > len(cells)
