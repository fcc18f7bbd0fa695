"""The contract of column types: from a cell's text to a value, each cell by itself.

A type is determined once, on the training data, and kept in the checkpoint: a cell means the same in every other file.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from dltool.config.description import Description
from dltool.registry import registered

Kind = Literal["integer", "number", "boolean", "text", "prose", "date", "other"]

#: words that stand for a missing number, date or boolean, unless the config says otherwise
MISSING = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")


class ColumnType(Description):
    """How the cells of one column are read."""

    kind: ClassVar[Kind]
    sql_type: ClassVar[str]  # of the values
    noun: ClassVar[str]  # for messages: "a number"
    usual_missing: ClassVar[tuple[str, ...]] = MISSING

    missing: list[str] | None = Field(
        default=None,
        description="words that stand for a missing value, as an empty cell always does; by default those of the"
        " source, else NA, N/A, NaN, nan, null, NULL, None and ? where a number, a date or a boolean is expected",
    )

    def with_missing(self, words: Collection[str]) -> ColumnType:
        """The same type with these words for missing values."""
        return self.model_copy(update={"missing": list(words)})

    @abstractmethod
    def value(self, text: str) -> str:
        """SQL for the value of a text without surrounding blanks; NULL if the text is not of this type."""


def stored_type(stored: str | Mapping[str, Any]) -> ColumnType:
    """The type in a checkpoint, from the result of its `resolved`."""
    name, fields = (stored, {}) if isinstance(stored, str) else next(iter(stored.items()))
    return registered("type")[name].model_validate(fields)
