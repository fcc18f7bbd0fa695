"""Windows of a table, created on demand, and the rows that they end with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dltool.data.column_types.column_type import ColumnType
from dltool.data.column_types.date import Date
from dltool.data.readers.outline import Outline
from dltool.data.readers.reader import Raw, Reader

#: numbers that are copied at a time
CHUNK = 1 << 24
#: the column of the row, from 1, that each window ends with, and of how many steps ahead a prediction is
LAST_ROW, STEP = "last_row", "step"


@dataclass(frozen=True)
class Future:
    """The rows that continue series past their ends."""

    rows: np.ndarray  # (windows, steps) the row of the file that holds each, −1 where there is none
    groups: tuple[str, ...] = ()  # columns that identify the series
    column: str = ""  # of their times
    times: np.ndarray | None = None  # (windows, steps) datetime64, NaT if unknown, or numbers, NaN likewise


@dataclass(frozen=True)
class WindowLayout:
    """How windows lie in a table."""

    shown: np.ndarray  # (n, columns) what windows show, in the order of time
    starts: np.ndarray  # (windows,) where they start there
    ends: np.ndarray  # (windows,) the row of the file that each ends with
    hidden: np.ndarray  # (shown rows, columns) booleans: cells of the future that are not known ahead
    outline: Outline
    future: Future | None = None  # to predict every step past the end


class WindowReader(Reader):
    """Windows (rows, shown rows, columns), made as they are asked for, of a table that stays open."""

    def __init__(self, table: Reader, layout: WindowLayout):
        self._table, self._starts, self._ends, self.outline = table, layout.starts, layout.ends, layout.outline
        self._hidden, self._future = layout.hidden, layout.future
        self.horizon = layout.future.rows.shape[1] if layout.future else 1
        rows = self.outline.feature_shape[0]
        self._windows = sliding_window_view(layout.shown, rows, axis=0).swapaxes(1, 2)

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Some windows at a time; what they hide is NaN."""
        step = max(1, CHUNK // max(1, int(np.prod(self.outline.feature_shape))))
        for low in range(0, len(self._starts), step):
            windows = self._windows[self._starts[low : low + step]]
            if self._hidden.any():
                windows = np.where(self._hidden, np.nan, windows)
            yield windows

    def column_types(self, types: Mapping[str, str] | None = None) -> Mapping[str, ColumnType]:
        """Those of the table."""
        return self._table.column_types(types)

    def places(self, rows: Sequence[int]) -> list[str]:
        """Where the rows stand that windows end with."""
        return self._table.places([int(row) for row in self._ends[list(rows)]])

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """Of the row that each window ends with: its number, from 1, and cells such as its group and time.

        Past the end of a series: for each step the cells of its own row, empty where the file has none, its time, and
        its number.
        """
        ends = self._ends[low:high]
        kept = {LAST_ROW: _texts(ends + 1), **self._cells(ends)}
        future = self._future
        if not future:
            return kept
        of_series = (LAST_ROW, *future.groups)
        kept = {name: column.repeat(self.horizon) for name, column in kept.items() if name in of_series}
        kept |= {name: cells for name, cells in self._cells(future.rows[low:high].ravel()).items() if name not in kept}
        if future.times is not None:
            kept[future.column] = _moments(future.times[low:high].ravel(), utc=self._in_utc)
        return {**kept, STEP: np.tile(_texts(np.arange(self.horizon) + 1), len(ends))}

    def _cells(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """The cells to keep of some rows (n,), masked for row −1."""
        there = rows[rows >= 0]
        first, stop = (int(there.min()), int(there.max()) + 1) if len(there) else (0, 0)
        found = {}
        for name, column in self._table.kept(first, stop).items():
            cells = np.ma.array(np.full(len(rows), None), mask=True)
            cells[rows >= 0] = column[there - first]
            found[name] = cells
        return found

    @cached_property
    def _in_utc(self) -> bool:
        """Whether times were converted to UTC, since they had an offset."""
        column = self._future.column if self._future else ""
        one = self._table.column_types().get(column)
        written = isinstance(one, Date) and one.offsets == "utc"
        return written or self._table.kept_types().get(column) == "TIMESTAMP WITH TIME ZONE"

    def bad_cells(self, types: Mapping[str, str]) -> Mapping[str, int]:
        """Those of the columns that windows are cut from."""
        needed = self._table.outline.extras
        return self._table.bad_cells({n: one.sql_type for n, one in self._table.column_types().items() if n in needed})

    def kept_types(self) -> dict[str, str]:
        """Whole numbers, and those of the table."""
        types = {LAST_ROW: "BIGINT", **self._table.kept_types()}
        if self._future and self._future.times is not None:
            dates = "TIMESTAMP WITH TIME ZONE" if self._in_utc else "TIMESTAMP"
            types[self._future.column] = dates if self._future.times.dtype.kind == "M" else "DOUBLE"
        return types | ({STEP: "BIGINT"} if self._future else {})

    def close(self) -> None:
        """That of the table."""
        self._table.close()


def _texts(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(str).astype(object)


def _moments(times: np.ndarray, *, utc: bool) -> np.ndarray:
    """Times (n,) as texts of one form, masked where unknown: dates alone where none has an hour, unless in UTC."""
    if times.dtype.kind != "M":
        return np.ma.masked_array([f"{time:.15g}" for time in times.tolist()], np.isnan(times), dtype=object)
    seconds = times.astype("datetime64[s]")
    days = not utc and not (seconds - seconds.astype("datetime64[D]")).astype(np.int64)[~np.isnat(times)].any()
    texts = np.datetime_as_string(seconds, unit="D" if days else "s")
    zone = "Z" if utc else ""
    texts = [text.replace("T", " ") + zone for text in texts.tolist()]
    return np.ma.masked_array(texts, np.isnat(times), dtype=object)
