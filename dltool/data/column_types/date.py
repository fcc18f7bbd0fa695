"""Dates and times in various formats."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.registry import register

#: a UTC offset at the end of a time, as a regular expression
OFFSET = r":[0-9.]+ ?(Z|z|UTC|GMT|[-+][0-9]{2}(:?[0-9]{2})?)$"
#: formats with a name instead of a pattern
NAMED = ("iso", "time", "epoch", "epoch_ms")


@register("type", "date", main="format")
class Date(ColumnType):
    """Dates, times of day, or both."""

    kind: ClassVar[Kind] = "date"
    sql_type: ClassVar[str] = "TIMESTAMP"
    noun: ClassVar[str] = "a date"

    format: str | list[str] = Field(
        default="iso",
        description="iso, such as 2024-01-31 or 2024-01-31T12:30; time, such as 12:30; epoch or epoch_ms, seconds or"
        " milliseconds since 1970; or a pattern of strptime, such as '%d/%m/%Y'; or a list of these",
    )
    offsets: Literal["none", "utc", "ignore"] = Field(
        default="none",
        description="how to treat offsets such as +02:00 or Z: none: there may not be any; utc: convert times to UTC;"
        " ignore: take the local time. Either all cells have an offset or none",
    )

    @property
    def formats(self) -> list[str]:
        """All formats."""
        return [self.format] if isinstance(self.format, str) else self.format

    @model_validator(mode="after")
    def _formats_are_known(self) -> Self:
        for form in self.formats:
            if form not in NAMED and "%" not in form:
                named = ", ".join(NAMED)
                raise ValueError(f"'{form}' is no format; it is one of {named}, or has parts such as %d, %m and %Y")
        return self

    def value(self, text: str) -> str:
        """Parsed by the first format that fits; dates in ISO 8601 are unambiguous and always accepted."""
        patterns = not {*NAMED} & {*self.formats} and self.offsets == "none"
        values = [self._by(form, text) for form in (*self.formats, *(["iso"] if patterns else []))]
        return values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"

    def _by(self, form: str, text: str) -> str:
        if form == "time":
            return f"DATE '1970-01-01' + TRY_CAST({text} AS TIME)"
        if form in ("epoch", "epoch_ms"):
            scale = 1_000_000 if form == "epoch" else 1_000
            return f"make_timestamp(CAST(round(TRY_CAST({text} AS DOUBLE) * {scale}) AS BIGINT))"
        if form == "iso":
            # a cast would take 13/01/21 as a day in the year 13
            text = f"(CASE WHEN regexp_matches({text}, '^[0-9]{{4}}-[0-9]') THEN {text} END)"
            has_offset = f"regexp_matches({text}, '{OFFSET}')"
            if self.offsets == "none":
                return f"(CASE WHEN NOT {has_offset} THEN TRY_CAST({text} AS TIMESTAMP) END)"
            value = _to_utc(f"TRY_CAST({text} AS TIMESTAMPTZ)")
            return f"(CASE WHEN {has_offset} THEN {value if self.offsets == 'utc' else _without_offset(text)} END)"
        pattern = form.replace("'", "''")
        if "%z" not in form:
            return f"TRY_STRPTIME({text}, '{pattern}')"
        if self.offsets == "ignore":
            return f"TRY_STRPTIME({_without_offset_text(text)}, '{pattern.replace('%z', '').strip()}')"
        return _to_utc(f"TRY_STRPTIME({text}, '{pattern}')")


def _to_utc(instant: str) -> str:
    return f"make_timestamp(epoch_us({instant}))"


def _without_offset_text(text: str) -> str:
    return f"regexp_replace({text}, ' ?(Z|z|UTC|GMT|[-+][0-9]{{2}}(:?[0-9]{{2}})?)$', '')"


def _without_offset(text: str) -> str:
    return f"TRY_CAST({_without_offset_text(text)} AS TIMESTAMP)"
