"""Whole numbers that may be dates: dates without separators, seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dltool.config.writing import dump_inline
from dltool.data.column_types.text import Text
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database
from dltool.data.tables.profile import ColumnProfile
from dltool.findings import Finding, note

#: formats of dates that consist of digits, and the smallest and largest number in each
_DIGITS: Mapping[str, tuple[int, int]] = {
    "%Y%m%d": (1900_01_01, 2100_12_31),
    "%Y%m%d%H%M": (1900_01_01_00_00, 2100_12_31_23_59),
    "%Y%m%d%H%M%S": (1900_01_01_00_00_00, 2100_12_31_23_59_59),
    "epoch": (1_000_000_000, 2_200_000_000),
    "epoch_ms": (1_000_000_000_000, 2_200_000_000_000),
}
_MEANINGS = {"epoch": "seconds since 1970", "epoch_ms": "milliseconds since 1970"}
#: fewer different numbers are more likely to be categories
FEWEST = 5


def possible_dates(
    database: Database, columns: Mapping[str, Column], profiles: Mapping[str, ColumnProfile]
) -> Iterator[Finding]:
    """A note on each column of whole numbers that could all be dates."""
    found = {name: form for name in columns if (form := _form(profiles[name]))}
    patterns = {name: form for name, form in found.items() if form not in _MEANINGS}
    counted = [f"count(TRY_STRPTIME({columns[n].text(Text())}, '{form}'))" for n, form in patterns.items()]
    counts = dict(zip(patterns, database.single(counted), strict=True))
    for name, form in found.items():
        if counts.get(name, profiles[name].filled) == profiles[name].filled:
            what = _MEANINGS.get(form, f"dates written as {form}")
            hint = f"data.table.types: {{{dump_inline(name)}: {{date: {dump_inline(form)}}}}} reads them so"
            yield note(f"these whole numbers look like {what}; {hint}", f"column '{name}'")


def epoch_unit(profile: ColumnProfile) -> str | None:
    """Whether all numbers of a column may count from 1970: "epoch" for seconds, "epoch_ms" for milliseconds."""
    form = _form(profile)
    return form if form in _MEANINGS else None


def _form(profile: ColumnProfile) -> str | None:
    """The format whose range contains all numbers of a column."""
    if profile.kind != "integer" or profile.distinct < FEWEST:
        return None
    low, high = int(profile.low), int(profile.high)
    return next((form for form, (least, most) in _DIGITS.items() if least <= low and high <= most), None)
