"""Windows of a time series: consecutive rows of a table, to predict the rows after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from dltool.config.columns import ColumnName, ColumnNames, SomeColumnNames, distinct
from dltool.config.description import Component
from dltool.data.column_types.column_type import ColumnType
from dltool.data.files.text_lines import Encoding
from dltool.data.readers.outline import Request
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.data.sources.table import Table
from dltool.data.time_series.calendar import Cycle, calendar_names
from dltool.data.time_series.chronology import Gaps, Repeats
from dltool.data.time_series.continuation import continuation
from dltool.data.time_series.ordered_table import OrderedTable
from dltool.data.time_series.window_index import windows
from dltool.data.time_series.window_reader import LAST_ROW, WindowReader
from dltool.registry import register


@register("source", "windows")
class Windows(Source):
    """All windows of `length` consecutive rows of time series, each with the values of the rows that follow."""

    mixed_units: ClassVar[bool] = True

    path: str
    target: ColumnName | SomeColumnNames = Field(description="column, or columns, to predict")
    columns: SomeColumnNames | None = Field(default=None, description="columns in a window; by default only the target")
    known_ahead: ColumnNames = Field(
        default=[],
        description="columns known before they happen, such as holidays; a window shows them up to its horizon. There"
        " the other columns are 0, as their mean is after scaling",
    )
    calendar: Annotated[list[Cycle], AfterValidator(distinct)] = Field(
        default=[],
        description="of the time of each row, up to the horizon: hour (of the day), weekday, day (of the month), month;"
        " each as a sine and a cosine",
    )
    length: PositiveInt = Field(description="number of rows in a window")
    horizon: PositiveInt = Field(default=1, description="how many rows after the window the target is")
    steps: bool = Field(default=False, description="predict all rows up to the horizon, not only the last")
    stride: PositiveInt = Field(default=1, description="rows from one window to the next")
    group: ColumnName | SomeColumnNames | None = Field(
        default=None, description="column, or columns, that identify the series; no window spans two series"
    )
    show_series: bool = Field(
        default=False,
        description="show the series of a window as well, as a category with a vector of its own beside each row; one"
        " that was not trained on gets the mean of all",
    )
    time: ColumnName | None = Field(
        default=None,
        description="column of dates or numbers that orders the rows of each series; by default they have the order of"
        " the file",
    )
    season: PositiveInt | None = Field(
        default=None,
        description="rows after which the series repeats itself, for the seasonal baseline and for mase; by default a"
        " day, a week or a year, as the times suggest",
    )
    until: str | float | None = Field(default=None, description="time; rows from there on are left out of the training")
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
    names: ColumnNames = Field(default=[])
    types: dict[ColumnName, Annotated[ColumnType, Component("type")]] = Field(
        default={}, description="types of columns, as in a table"
    )
    encoding: Encoding = "utf-8"

    @model_validator(mode="after")
    def _fields_fit_each_other(self) -> Self:
        if self.steps and self.horizon < 2:
            raise ValueError("'steps' needs a 'horizon' of 2 or more")
        for name, usual in (("gaps", "split"), ("repeats", "refuse"), ("calendar", []), ("until", None)):
            if getattr(self, name) != usual and not self.time:
                raise ValueError(f"'{name}' needs 'time', the column of times")
        if self.show_series and not self.group:
            raise ValueError("'show_series' needs 'group', the column that identifies the series")
        for name in self.known_ahead:
            if name in self.targets:
                raise ValueError(f"'{name}' is the target, so it is not known ahead")
        return self

    @property
    def latest(self) -> tuple[int, ...]:
        """Where the targets are among the columns shown; empty unless all of them are."""
        names = self.column_names
        return tuple(map(names.index, self.targets)) if set(self.targets) <= set(names) else ()

    @property
    def targets(self) -> list[str]:
        """The columns to predict."""
        return [self.target] if isinstance(self.target, str) else self.target

    @property
    def past(self) -> list[str]:
        """The columns that a window shows only of the past."""
        return [name for name in self.columns or self.targets if name not in self.known_ahead]

    @property
    def ahead(self) -> list[str]:
        """What a window shows up to the horizon."""
        return [*self.known_ahead, *calendar_names(self.calendar)]

    @property
    def column_names(self) -> tuple[str, ...]:
        """What a window shows, along its last axis."""
        return (*self.past, *self.ahead)

    @property
    def shown_rows(self) -> int:
        """How many rows a window shows."""
        return self.length + (self.horizon if self.ahead else 0)

    @property
    def predicted_steps(self) -> tuple[int, ...]:
        """How many rows ahead the predictions are."""
        return tuple(range(1, self.horizon + 1)) if self.steps else (self.horizon,)

    @property
    def groups(self) -> list[str]:
        """The columns that identify the series."""
        return [self.group] if isinstance(self.group, str) else self.group or []

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Those of the table."""
        return self._table.files(folders)

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the columns, and cuts them into windows; with `steps`, only the last of each series."""
        keys = [*self.groups, *([self.time] if self.time else [])]
        needed = dict.fromkeys([*self.past, *self.known_ahead, *(self.targets if request.targets else []), *keys])
        # without a column of times, read all columns: dates show whether rows are in order
        features = (next(iter(needed)),) if self.time else ()
        keep = () if request.targets else tuple(dict.fromkeys([*keys, *request.keep]))
        keep = tuple(name for name in keep if name != LAST_ROW)
        wanted = replace(
            request, features=features, targets=False, extras=tuple(needed), keep=keep, named_by=self._named_by
        )
        table = self._table.open(folders, wanted)
        try:
            ordered = OrderedTable(self, table, request)
            cut = (continuation if self.steps and not request.targets else windows)(ordered)
            return WindowReader(table, cut)
        except BaseException:
            table.close()
            raise

    @property
    def _named_by(self) -> dict[str, str]:
        """Which field names each column; the last one of several."""
        fields = {"known_ahead": self.known_ahead, "columns": self.columns or [], "target": self.targets}
        fields |= {"group": self.groups, "time": [self.time] if self.time else []}
        return {name: field for field, names in fields.items() for name in names}

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
