"""Possible formats of dates and times, found from single cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MONTH = r"(?P<month>[A-Za-z]{3,9})"
_YEAR = r"(?P<year>\d{4}|\d{2})"
#: a date, by where day, month and year stand
_DATES = (
    re.compile(r"(?P<iso>\d{4})-\d{1,2}-\d{1,2}"),
    re.compile(r"(?P<year>\d{4})(?P<sign>[-/.])(?P<one>\d{1,2})(?:(?P=sign)(?P<two>\d{1,2}))?"),
    re.compile(rf"(?P<one>\d{{1,2}})(?P<sign>[-/. ])(?P<two>\d{{1,2}})(?P=sign){_YEAR}"),
    re.compile(rf"(?P<one>\d{{1,2}})(?P<sign>[-/. ]+){_MONTH}(?P<after>[-/., ]+){_YEAR}"),
    re.compile(rf"{_MONTH}(?P<sign>[-/. ]+)(?P<one>\d{{1,2}})(?P<after>,? ){_YEAR}"),
    re.compile(rf"{_MONTH}(?P<sign>[-/ ]){_YEAR}"),
    re.compile(r"(?P<one>\d{1,2})(?P<sign>[-/.])(?P<year>\d{4})"),
)
_WEEKDAY = re.compile(r"(?P<name>(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?P<day>day)?)(?P<sign>,? )")
_TIME = re.compile(
    r"(?P<before>[T ]*)(?P<hour>\d{1,2}):\d{2}(?P<seconds>:\d{2}(?P<fraction>\.\d{1,6})?)?"
    r"(?:(?P<blank> ?)(?P<half>[AaPp][Mm]))?(?: ?(?P<offset>Z|UTC|GMT|[-+]\d{2}:?\d{2}))?"
)
#: formats of digits only, by their number; taken as dates only where dates are expected
_DIGITS = {8: "%Y%m%d", 10: "epoch", 12: "%Y%m%d%H%M", 13: "epoch_ms", 14: "%Y%m%d%H%M%S"}


def formats_of(cells: Sequence[str], *, expected: bool = False) -> list[str]:
    """The formats that fit these cells, the most frequent first; with `expected`, digits alone may be dates too."""
    counts: dict[str, int] = {}
    for cell in cells:
        for form in _formats(cell, expected):
            counts[form] = counts.get(form, 0) + 1
    return sorted(counts, key=lambda form: -counts[form])


def shape_of(form: str) -> str:
    """The format without the order of day and month: formats with the same shape can read the same cell."""
    return re.sub("%[dm]", "#", form)


def has_offset(cell: str) -> bool:
    """Whether a time ends with a UTC offset."""
    found = _TIME.search(cell)
    return bool(found and found["offset"] and found.end() == len(cell))


def _formats(cell: str, expected: bool) -> Iterator[str]:
    if expected and cell.isdecimal() and len(cell) in _DIGITS:
        yield _DIGITS[len(cell)]
    weekday = _WEEKDAY.match(cell)
    prefix = f"%{'A' if weekday['day'] else 'a'}{weekday['sign']}" if weekday else ""
    text = cell[weekday.end() :] if weekday else cell
    if found := _TIME.fullmatch(text):
        if not (found["before"] or prefix):
            yield _time(found) if found["half"] else "time"
        return
    for pattern in _DATES:
        date = pattern.match(text)
        rest = text[date.end() :] if date else ""
        time = _TIME.fullmatch(rest) if rest else None
        if date and (not rest or (time and time["before"])):
            if "iso" in pattern.groupindex and not prefix and not (time and time["half"]):
                yield "iso"
            else:
                yield from (prefix + form + (_time(time) if time else "") for form in _dates(date))
            return


def _dates(found: re.Match[str]) -> Iterator[str]:
    """The formats of a date; two if day and month can be in either order."""
    parts = found.groupdict()
    if "iso" in parts:
        yield "%Y-%m-%d"
        return
    sign, year = parts["sign"], "%Y" if len(parts["year"]) == 4 else "%y"
    if "month" in parts:
        month = "%b" if len(parts["month"]) == 3 else "%B"
        if "one" not in parts:
            yield f"{month}{sign}{year}"
        elif found.start("one") < found.start("month"):
            yield f"%d{sign}{month}{parts['after']}{year}"
        else:
            yield f"{month}{sign}%d{parts['after']}{year}"
    elif found.start("year") == 0:
        yield f"%Y{sign}%m{sign}%d" if parts["two"] else f"%Y{sign}%m"
    elif "two" in parts:
        orders = ("%d{0}%m", "%m{0}%d") if sign == "." else ("%m{0}%d", "%d{0}%m")
        yield from (f"{order.format(sign)}{sign}{year}" for order in orders)
    else:
        yield f"%m{sign}%Y"


def _time(found: re.Match[str]) -> str:
    hour = "%I" if found["half"] else "%H"
    seconds = ":%S" + (".%f" if found["fraction"] else "") if found["seconds"] else ""
    half = f"{found['blank']}%p" if found["half"] else ""
    offset = found["offset"] or ""
    return f"{found['before']}{hour}:%M{seconds}{half}{'%z' if offset[:1] in '+-' and offset else offset}"
