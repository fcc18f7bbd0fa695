"""The column of each kind of encoder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dltool.data.features.feature import Encoder
from dltool.export.onnx.columns.boolean import BooleanColumn
from dltool.export.onnx.columns.category import CategoryColumn
from dltool.export.onnx.columns.codes import CodesColumn
from dltool.export.onnx.columns.column import Column
from dltool.export.onnx.columns.date import DateColumn
from dltool.export.onnx.columns.numeric import NumericColumn
from dltool.export.onnx.columns.text import TextColumn
from dltool.export.onnx.columns.tokens import TokensColumn

_KINDS: Mapping[str, type[Column[Any]]] = {
    "boolean": BooleanColumn,
    "category": CategoryColumn,
    "date": DateColumn,
    "numeric": NumericColumn,
    "text": TextColumn,
    "tokens": TokensColumn,
}


def column_of(encoder: Encoder, missing: Collection[str]) -> tuple[Column[Any], list[str]]:
    """The column of an encoder, and what it does not do as dltool does; `missing` are words for a missing value."""
    column = _KINDS[encoder.kind](encoder, missing)
    if column.refusal:
        return CodesColumn(encoder), [f"{column.refusal}: the input is {CodesColumn.meaning}"]
    return column, column.differences
