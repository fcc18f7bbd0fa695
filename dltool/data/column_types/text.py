"""Text: cells are taken literally."""

from __future__ import annotations

from typing import ClassVar

from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.registry import register


@register("type", "text")
class Text(ColumnType):
    """Words, names and codes: 007 and 7 are different."""

    kind: ClassVar[Kind] = "text"
    sql_type: ClassVar[str] = "VARCHAR"
    noun: ClassVar[str] = "text"
    usual_missing: ClassVar[tuple[str, ...]] = ()

    def value(self, text: str) -> str:
        """The text itself."""
        return text
