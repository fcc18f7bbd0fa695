"""What cells of text may be: numbers with either decimal point, also of something; yes or no, dates, times; in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dltool.data.sources.source import Kind

#: forms of dates beside those of ISO 8601, in order of preference where several fit all cells: years of two digits
#: first, since %Y would take "11" for the year 11
DATES = (
    "%d.%m.%y", "%d.%m.%Y", "%m/%d/%y", "%m/%d/%Y", "%d/%m/%y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m", "%Y/%m",
    "%d %b %Y", "%b %d, %Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
#: what stands between thousands, by decimal point
_BETWEEN = {".": ",", ",": "."}
#: what numbers may be of, if it stands at all of them, before or behind
SIGNS = ("%", "$", "€", "£")


@dataclass(frozen=True)
class Reading:
    """One thing that cells may be, and their values in SQL: NULL for cells that are something else."""

    kind: Kind
    cells: str
    decimal: str = ""  # the point of numbers that need not be whole


def readings(name: str, decimals: Sequence[str]) -> list[Reading]:
    """All that the column of this name in SQL may be, in order of preference, with these possible decimal points."""
    return [
        Reading("integer", _whole(name)),
        *([Reading("number", f"TRY_CAST({name} AS DOUBLE)", ".")] if "." in decimals else []),
        *(Reading("number", _number(name, point), point) for point in decimals),
        *(Reading("integer", _of(sign, name, _whole)) for sign in SIGNS),
        *(Reading("number", _of(sign, name, _number, point), point) for sign in SIGNS for point in decimals),
        Reading("boolean", f"TRY_CAST({name} AS BOOLEAN)"),
        Reading("date", f"TRY_CAST({name} AS TIMESTAMP)"),
        *(Reading("date", f"TRY_STRPTIME({name}, '{form}')") for form in DATES),
        Reading("date", f"DATE '1970-01-01' + TRY_CAST({name} AS TIME)"),
    ]


def _whole(name: str) -> str:
    return f"CASE WHEN regexp_full_match({name}, '[-+]?[0-9]+') THEN TRY_CAST({name} AS DOUBLE) END"


def _number(name: str, point: str) -> str:
    """Numbers that may be divided at each thousand, such as 1,234.5 or 1.234,5."""
    between = _BETWEEN[point]
    digits = f"([0-9]+|[1-9][0-9]{{0,2}}([{between}][0-9]{{3}})+)?([{point}][0-9]+)?([eE][-+]?[0-9]+)?"
    plain = f"replace(replace({name}, '{between}', ''), '{point}', '.')"
    return f"CASE WHEN regexp_full_match({name}, '[-+]?{digits}') THEN TRY_CAST({plain} AS DOUBLE) END"


def _of(sign: str, name: str, numbers: Callable[..., str], *point: str) -> str:
    """Numbers with one sign, such as 12.5 % or $1,200."""
    bare = numbers(f"trim(replace({name}, '{sign}', ''))", *point)
    return f"CASE WHEN starts_with({name}, '{sign}') OR ends_with({name}, '{sign}') THEN {bare} END"
