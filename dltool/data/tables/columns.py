"""One column of a database, and how its cells are read in SQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import isnan
from typing import cast as typed

from dltool.data.column_types.boolean import Boolean
from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.data.column_types.date import Date
from dltool.data.column_types.date_formats import has_offset
from dltool.data.column_types.number import Integer, Number
from dltool.data.column_types.text import Text
from dltool.data.files.quoting import shown
from dltool.data.tables import query
from dltool.data.tables.table_file import TEXT, cast, kind_of

#: column types that typed files (Parquet, JSON) can store
NATURAL: Mapping[Kind, type[ColumnType]] = {
    "integer": Integer,
    "number": Number,
    "boolean": Boolean,
    "date": Date,
    "text": Text,
}
_DEFAULTS: Mapping[str, type[ColumnType]] = {each.sql_type: each for each in (Number, Boolean, Date, Text)}
_BLANKS = "' \t\r\n'"


@dataclass(frozen=True)
class Column:
    """One column: what its cells are, and where they are stored."""

    name: str
    field: str  # in SQL
    stored: str  # the type in SQL that it has in the database
    type: ColumnType | None = None  # None for lists and records
    mixed: ColumnType | None = None  # type of most cells in a column of text
    rival: ColumnType | None = None  # another type that fits all cells but gives different values
    codes: str = ""  # cells that could be numbers but are taken as text, such as 007
    sound: bool = False  # every cell that is not empty is known to be of the type

    @property
    def kind(self) -> Kind:
        """What the cells are."""
        return self.type.kind if self.type else "other"

    @property
    def cells(self) -> str:
        """The cells in SQL, as values of their own type."""
        return self.read(self.type.sql_type) if self.type else self.field

    @property
    def raw(self) -> str:
        """The cells in SQL as the file has them, to the last character; NULL for empty ones."""
        if self.stored == TEXT:
            return f"NULLIF({self.field}, '')"
        written = f"CAST({self.field} AS VARCHAR)"
        return f"regexp_replace({written}, '[.]0$', '')" if kind_of(self.stored) in ("integer", "number") else written

    def text(self, as_type: ColumnType) -> str:
        """The cells in SQL without blanks around; NULL where a type takes them for missing."""
        if self.stored != TEXT:
            return self.raw
        trimmed, words = f"trim({self.field}, {_BLANKS})", missing_words(as_type)
        if not words:
            return f"NULLIF({trimmed}, '')"
        return f"(CASE WHEN NOT {_is_one_of(trimmed, ('', *words))} THEN {trimmed} END)"

    def type_for(self, sql_type: str) -> ColumnType:
        """The type by which the cells become values of this type in SQL."""
        for known in (self.type, self.mixed):
            if known and (known.sql_type == sql_type or (known.kind, sql_type) == ("boolean", Number.sql_type)):
                return known
        other = _DEFAULTS[sql_type]()
        return other if self.type is None or self.type.missing is None else other.with_missing(self.type.missing)

    def read(self, sql_type: str) -> str:
        """The cells as values of this type in SQL; NULL for those that are `unreadable` as such."""
        if self._has_type(sql_type):
            return cast(self.field, self.stored, sql_type)
        one = self.type_for(sql_type)
        # a cast takes blanks, and makes NULL of words: no need to look for them
        by_cast = (
            self.stored == TEXT
            and isinstance(one, Number)
            and one.plain
            and not any(map(_is_number, missing_words(one)))
        )
        value = one.value(self.field if by_cast else self.text(one))
        return value if one.sql_type == sql_type else f"CAST({value} AS {sql_type})"

    def whole(self, sql_type: str = "BIGINT") -> str:
        """The cells of a number's type as integers in SQL, exact beyond float64; NULL where they are not whole."""
        if self.stored != TEXT:
            return f"TRY_CAST({self.field} AS {sql_type})"
        number = typed(Number, self.type)
        return number.whole(self.text(number), sql_type)

    def digits(self) -> str:
        """The cells of a number's type that are whole numbers, however long, in SQL; NULL for all others."""
        if self.stored != TEXT:
            return self.whole()
        number = typed(Number, self.type)
        return number.digits(self.text(number))

    def unreadable(self, sql_type: str) -> str | None:
        """An SQL condition for cells that cannot be read as this type; None if all can."""
        if sql_type == TEXT or self._has_type(sql_type) or (self.sound and self.type_for(sql_type) is self.type):
            return None
        return f"{self.text(self.type_for(sql_type))} IS NOT NULL AND {self.read(sql_type)} IS NULL"

    def stray(self, sql_type: str, cell: object) -> str:
        """A message about a cell that is `unreadable` as a type in SQL."""
        one, text = self.type_for(sql_type), str(cell).strip()
        form = f", written as {' or '.join(one.formats)}" if isinstance(one, Date) and one.formats != ["iso"] else ""
        if isinstance(one, Date) and ("%z" in str(one.format) or one.offsets != "none") != has_offset(text):
            form = " without an offset" if has_offset(text) else " with an offset, such as Z or +02:00,"
            return f"column '{self.name}' holds {shown(text)}, where {one.noun}{form} is expected"
        return f"column '{self.name}' holds {shown(text)}, where {one.noun} is expected{form}"

    def missing_word(self) -> str:
        """The word in SQL that stands for a missing value in a cell of text; NULL for any other cell."""
        words = missing_words(self.type) if self.type else ()
        trimmed = f"trim({self.field}, {_BLANKS})"
        return f"(CASE WHEN {_is_one_of(trimmed, words)} THEN {trimmed} END)" if words else "NULL"

    def _has_type(self, sql_type: str) -> bool:
        """Whether the file stores the column with this type."""
        kind = kind_of(self.stored)
        if self.stored == TEXT or kind not in NATURAL:
            return False
        return NATURAL[kind].sql_type == sql_type or (kind, sql_type) == ("boolean", Number.sql_type)


def missing_words(one: ColumnType) -> Sequence[str]:
    """The words that stand for a missing value in columns of a type."""
    return one.usual_missing if one.missing is None else one.missing


def _is_one_of(text: str, words: Sequence[str]) -> str:
    """A condition in SQL; duckdb takes far longer to plan many with IN, or with lists."""
    return f"regexp_full_match({text}, {_alternatives(tuple(words))})"


@lru_cache
def _alternatives(words: tuple[str, ...]) -> str:
    """Words as a regular expression in SQL."""
    return query.text("|".join(map(re.escape, words)))


@cache
def _is_number(word: str) -> bool:
    """Whether a word is a number, and not NaN, which is missing anyway."""
    try:
        return not isnan(float(word))
    except ValueError:
        return False
