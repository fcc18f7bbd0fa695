"""Booleans: yes or no."""

from __future__ import annotations

from typing import ClassVar

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.registry import register


@register("type", "boolean")
class Boolean(ColumnType):
    """true and false, yes and no, t and f, y and n, 1 and 0, in upper or lower case."""

    kind: ClassVar[Kind] = "boolean"
    sql_type: ClassVar[str] = "BOOLEAN"
    noun: ClassVar[str] = "true or false"

    def value(self, text: str) -> str:
        """By a cast, which takes these words."""
        return f"TRY_CAST({text} AS BOOLEAN)"
