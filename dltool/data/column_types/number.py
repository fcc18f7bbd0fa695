"""Numbers, with any decimal mark and thousands separator, and a unit before or behind."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.registry import register

#: units that numbers are recognized with
UNITS = ("%", "$", "€", "£")
#: what may stand between thousands, by decimal mark
THOUSANDS = {".": (",", "'", " "), ",": (".", "'", " ")}


@register("type", "number", main="decimal")
class Number(ColumnType):
    """Numbers such as 12, -3.5 and 1e5, or with another decimal mark, with thousands apart, or of a unit."""

    kind: ClassVar[Kind] = "number"
    sql_type: ClassVar[str] = "DOUBLE"
    noun: ClassVar[str] = "a number"

    decimal: Literal[".", ","] = Field(default=".", description="decimal mark")
    thousands: Literal["", ",", ".", "'", " "] = Field(default="", description="what stands between thousands")
    unit: str = Field(default="", description="what stands before or behind every number, such as % or $")

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"'decimal' and 'thousands' are both '{self.decimal}'; they must differ")
        return self

    @property
    def plain(self) -> bool:
        """Whether numbers are written as programs write them."""
        return (self.decimal, self.thousands, self.unit) == (".", "", "")

    def value(self, text: str) -> str:
        """By a cast, once all that is not part of a plain number is taken away."""
        return f"NULLIF(TRY_CAST({self._plain_text(text)} AS DOUBLE), 'nan'::DOUBLE)"

    def whole(self, text: str, sql_type: str) -> str:
        """The value of a text as an integer in SQL, exact beyond float64; NULL where it is no whole number."""
        plain = self._plain_text(text)
        digits = f"regexp_extract({plain}, '^([-+]?[0-9]+)([.]0*)?$', 1)"
        return f"TRY_CAST(NULLIF({digits}, '') AS {sql_type})"

    def digits(self, text: str) -> str:
        """The text of a whole number in SQL, however long; NULL for any other text."""
        plain = self._plain_text(text)
        return f"(CASE WHEN regexp_full_match({plain}, '[-+]?[0-9]+') THEN {plain} END)"

    def _plain_text(self, text: str) -> str:
        if self.unit:
            unit = self.unit.replace("'", "''")
            bare = f"trim(replace({text}, '{unit}', ''))"
            text = f"(CASE WHEN starts_with({text}, '{unit}') OR ends_with({text}, '{unit}') THEN {bare} END)"
        if self.thousands:
            between = "''" if self.thousands == "'" else self.thousands
            groups = f"[1-9][0-9]{{0,2}}([{between}][0-9]{{3}})+"
            shape = f"'[-+]?([0-9]+|{groups})?([{self.decimal}][0-9]+)?([eE][-+]?[0-9]+)?'"
            text = f"(CASE WHEN regexp_full_match({text}, {shape}) THEN replace({text}, '{between}', '') END)"
        if self.decimal == ",":
            text = f"(CASE WHEN NOT contains({text}, '.') THEN replace({text}, ',', '.') END)"
        return text


@register("type", "integer")
class Integer(Number):
    """Whole numbers; a feature takes other numbers in their place too."""

    kind: ClassVar[Kind] = "integer"
