"""Windows of a time series: consecutive rows of a table, to predict the rows after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from dltool.config.columns import ColumnName
from dltool.config.description import Component
from dltool.data.column_types.column_type import ColumnType
from dltool.data.files.text_lines import Encoding
from dltool.data.readers.outline import Request
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.data.sources.table import Table
from dltool.data.time_series.chronology import Gaps, Repeats
from dltool.data.time_series.window_index import Cutting
from dltool.data.time_series.window_reader import LAST_ROW, WindowReader
from dltool.registry import register


@register("source", "windows")
class Windows(Source):
    """All windows of `length` consecutive rows of a time series, each with the value `horizon` rows later."""

    mixed_units: ClassVar[bool] = True

    path: str
    target: ColumnName = Field(description="column to predict")
    columns: Annotated[list[ColumnName], Field(min_length=1)] | None = Field(
        default=None, description="columns in a window; by default only the target"
    )
    length: PositiveInt = Field(description="number of rows in a window")
    horizon: PositiveInt = Field(default=1, description="how many rows after the window the target is")
    steps: bool = Field(default=False, description="predict all rows up to the horizon, not only the last")
    stride: PositiveInt = Field(default=1, description="rows from one window to the next")
    group: ColumnName | Annotated[list[ColumnName], Field(min_length=1)] | None = Field(
        default=None, description="column, or columns, that identify the series; no window spans two series"
    )
    time: ColumnName | None = Field(
        default=None,
        description="column of dates or numbers that orders the rows of each series; by default they have the order of"
        " the file",
    )
    gaps: Gaps = Field(
        default="split",
        description="how to treat missing times: split: no window crosses a gap; keep: windows cross gaps; fill: repeat"
        " the row before, but never as a target; refuse",
    )
    repeats: Repeats = Field(
        default="refuse",
        description="how to treat repeated times in a series: keep the first row, the last, or all of them; refuse",
    )
    empty: Literal["split", "previous", "refuse"] = Field(
        default="split",
        description="how to treat empty cells: split: no window contains one; previous: repeat the number before, but"
        " never as a target; refuse",
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    header: bool | None = None
    names: list[str] = Field(default=[])
    types: dict[ColumnName, Annotated[ColumnType, Component("type")]] = Field(
        default={}, description="types of columns, as in a table"
    )
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _fields_fit_each_other(self) -> Self:
        if self.steps and self.horizon < 2:
            raise ValueError("'steps' needs a 'horizon' of 2 or more")
        for name, usual in (("gaps", "split"), ("repeats", "refuse")):
            if getattr(self, name) != usual and not self.time:
                raise ValueError(f"'{name}' needs 'time', the column of times")
        return self

    @property
    def latest(self) -> tuple[int, ...]:
        """The target among the columns shown."""
        return (self.shown.index(self.target),) if self.target in self.shown else ()

    @property
    def shown(self) -> list[str]:
        """The columns in a window."""
        return self.columns or [self.target]

    @property
    def groups(self) -> list[str]:
        """The columns that identify the series."""
        return [self.group] if isinstance(self.group, str) else self.group or []

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns in a window."""
        return tuple(self.columns or [self.target])

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Those of the table."""
        return self._table.files(folders)

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the columns, and cuts them into windows."""
        keys = [*self.groups, *([self.time] if self.time else [])]
        needed = dict.fromkeys([*self.shown, *([self.target] if request.targets else []), *keys])
        # without a column of times, read all columns: dates show whether rows are in order
        features = (self.shown[0],) if self.time else ()
        keep = () if request.targets else tuple(dict.fromkeys([*keys, *request.keep]))
        keep = tuple(name for name in keep if name != LAST_ROW)
        wanted = replace(request, features=features, targets=False, extras=tuple(needed), keep=keep)
        table = self._table.open(folders, wanted)
        try:
            return WindowReader(table, Cutting(self, table, request).windows())
        except BaseException:
            table.close()
            raise

    @property
    def _table(self) -> Table:
        return Table(
            path=self.path,
            target="",
            delimiter=self.delimiter,
            header=self.header,
            names=self.names,
            types=self.types,
            encoding=self.encoding,
        )
