"""How to read the text of a table, as far as the config says; everything else is detected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """Settings for the text of a table; None and empty mean that a setting is detected."""

    delimiter: str | None = None
    quote: str | None = None  # around fields; empty where quotes are characters like any other
    header: bool | None = None
    names: tuple[str, ...] = ()  # of all columns, in place of a header
    skip: int = 0  # lines before the header, or before the first row
    sheet: str | None = None  # of a workbook; the first by default
    decimal: str | None = None
    encoding: str = "utf-8"
    line_end: str = ""  # of the header, where it has to be told apart from line breaks within quotes
    expected: tuple[str, ...] = ()  # names that a header must have, where a training has fixed them
