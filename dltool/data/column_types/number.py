"""Numbers with any decimal mark and thousands separator, and a unit before or after them."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.registry import register

#: units that numbers are recognized with
UNITS = ("%", "$", "€", "£")
#: possible thousands separators, by decimal mark
THOUSANDS = {".": (",", "'", " "), ",": (".", "'", " ")}


@register("type", "number", main="decimal")
class Number(ColumnType):
    """Numbers such as 12, -3.5 and 1e5, also with another decimal mark, a thousands separator, or a unit."""

    kind: ClassVar[Kind] = "number"
    sql_type: ClassVar[str] = "DOUBLE"
    noun: ClassVar[str] = "a number"

    decimal: Literal[".", ","] = Field(default=".", description="decimal mark")
    thousands: Literal["", ",", ".", "'", " "] = Field(default="", description="thousands separator")
    unit: str = Field(default="", description="unit before or after every number, such as % or $")

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"'decimal' and 'thousands' are both '{self.decimal}'; they must differ")
        return self

    @property
    def plain(self) -> bool:
        """Whether numbers need no conversion before they are parsed."""
        return (self.decimal, self.thousands, self.unit) == (".", "", "")

    def value(self, text: str) -> str:
        """By a cast, after unit and separators have been removed."""
        return f"NULLIF(TRY_CAST({self._plain_text(text)} AS DOUBLE), 'nan'::DOUBLE)"

    def whole(self, text: str, sql_type: str) -> str:
        """SQL for the value of a text as an integer, exact beyond float64; NULL if it is not a whole number."""
        plain = self._plain_text(text)
        digits = f"regexp_extract({plain}, '^([-+]?[0-9]+)([.]0*)?$', 1)"
        return f"TRY_CAST(NULLIF({digits}, '') AS {sql_type})"

    def digits(self, text: str) -> str:
        """SQL for the digits of a whole number of any length; NULL for any other text."""
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
    """Whole numbers; as a feature, such a column may also hold other numbers."""

    kind: ClassVar[Kind] = "integer"
