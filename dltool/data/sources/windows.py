"""Windows of a time series: from some rows of a table, what follows them is to be predicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import Field, PositiveInt, model_validator

from dltool.data.sources.source import Outline, Raw, Reader, Request, Source, Succession
from dltool.data.sources.table import Table
from dltool.errors import InputError, Problem
from dltool.registry import register

#: numbers of windows that are made at a time
CHUNK = 1 << 24


@register("source", "windows")
class Windows(Source):
    """Every stretch of `length` rows of a table in the order of time, and the value `horizon` rows later."""

    mixed_units: ClassVar[bool] = True

    path: str
    target: str = Field(description="column to predict")
    columns: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, description="that a window shows; without it the target alone"
    )
    length: PositiveInt = Field(description="rows that a window shows")
    horizon: PositiveInt = Field(default=1, description="how many rows after the window to predict")
    steps: bool = Field(default=False, description="predict every row up to the horizon, not just the last")
    stride: PositiveInt = Field(default=1, description="rows from one window to the next")
    group: str | None = Field(default=None, description="column that tells series apart; no window spans two")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    header: bool | None = None
    names: list[str] = Field(default=[])

    @model_validator(mode="after")
    def _steps_need_a_horizon(self) -> Self:
        if self.steps and self.horizon < 2:
            raise ValueError("'steps' needs a 'horizon' of 2 or more")
        return self

    @property
    def latest(self) -> tuple[int, ...]:
        """The target among the columns shown."""
        shown = self.columns or [self.target]
        return (shown.index(self.target),) if self.target in shown else ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Those that a window shows."""
        return tuple(self.columns or [self.target])

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Those of the table."""
        return self._table.files(folders)

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the columns, and cuts them into windows."""
        columns = self.columns or [self.target]
        wanted = [*columns, self.target] + ([self.group] if self.group else [])
        extras: tuple[str, ...] = tuple(dict.fromkeys(wanted))
        with self._table.open(folders, Request(features=(columns[0],), targets=False, extras=extras)) as reader:
            outline = reader.outline
            series = {name: self._numbers(name, outline) for name in dict.fromkeys([*columns, self.target])}
            groups = outline.extras[self.group] if self.group else np.zeros(outline.rows)
        shown = np.stack([series[name] for name in columns], axis=1)
        series_starts = self._starts(np.ma.getdata(groups), targets=request.targets)
        starts = np.concatenate(series_starts)
        if not len(starts):
            message = f"{outline.rows} rows are too few for one window of {self.length} and a horizon of {self.horizon}"
            raise InputError(Problem(message, outline.where))
        # with every row up to the horizon as a target, windows share targets with the next ones
        reach = (self.horizon - 1) // self.stride if self.steps else 0
        succession = Succession(reach, tuple(len(each) for each in series_starts if len(each)))
        return WindowReader(shown, starts, self._outline(outline, series[self.target], starts, succession, request))

    @property
    def _table(self) -> Table:
        return Table(path=self.path, target="", delimiter=self.delimiter, header=self.header, names=self.names)

    def _numbers(self, name: str, outline: Outline) -> np.ndarray:
        """A column (rows,) float64; raises InputError with the first row that has no number."""
        cells = outline.extras[name]
        if cells.dtype.kind in "biuf":
            values = np.ma.filled(cells.astype(np.float64), np.nan)
        else:
            values = np.array([_number(cell) for cell in cells.tolist()])
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            message = f"column '{name}' has no number here; a series needs one in every row"
            raise InputError(Problem(message, outline.place(int(bad[0]))))
        return values

    def _starts(self, groups: np.ndarray, *, targets: bool) -> list[np.ndarray]:
        """First rows of the windows of each series; with no targets asked for, these may lie behind the end."""
        span = self.length + (self.horizon if targets else 0)
        bounds = [0, *(np.flatnonzero(groups[1:] != groups[:-1]) + 1).tolist(), len(groups)]
        return [np.arange(low, high - span + 1, self.stride) for low, high in pairwise(bounds)]

    def _outline(
        self, table: Outline, target: np.ndarray, starts: np.ndarray, succession: Succession, request: Request
    ) -> Outline:
        ahead = range(1, self.horizon + 1) if self.steps else (self.horizon,)
        last = self.length - 1
        names = {step: f"{self.target}+{step}" if self.steps else self.target for step in ahead}
        return Outline(
            where=table.where,
            place=lambda row: f"{table.where}: window {row + 1}",
            rows=len(starts),
            task="numbers",
            targets={names[step]: target[starts + last + step] for step in ahead} if request.targets else {},
            feature_shape=(self.length, len(self.columns or [self.target])),
            succession=succession,
        )


class WindowReader(Reader):
    """Windows (rows, length, columns), made as they are asked for."""

    def __init__(self, shown: np.ndarray, starts: np.ndarray, outline: Outline):
        self._length = outline.feature_shape[0]
        self._windows = sliding_window_view(shown, self._length, axis=0).swapaxes(1, 2)
        self._starts, self.outline = starts, outline

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Some windows at a time."""
        step = max(1, CHUNK // int(np.prod(self.outline.feature_shape)))
        for low in range(0, len(self._starts), step):
            yield self._windows[self._starts[low : low + step]]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The row, from 1, that each window ends with."""
        return {"last_row": (self._starts[low:high] + self._length).astype(str).astype(object)}

    def kept_types(self) -> dict[str, str]:
        """Whole numbers."""
        return {"last_row": "BIGINT"}


def _number(cell: object) -> float:
    """The number that a text is; NaN where it is none."""
    try:
        return float(str(cell))
    except ValueError:
        return np.nan
