"""Windows of a table, created on demand, and the rows that they end with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dltool.data.column_types.column_type import ColumnType
from dltool.data.readers.outline import Outline
from dltool.data.readers.reader import Raw, Reader

#: numbers that are copied at a time
CHUNK = 1 << 24
#: the column of the row, from 1, that each window ends with, and of how many steps ahead a prediction is
LAST_ROW, STEP = "last_row", "step"


@dataclass(frozen=True)
class Future:
    """The rows that continue series past their ends."""

    steps: int  # how many for each window
    column: str = ""  # of their times
    times: np.ndarray | None = None  # (windows, steps) datetime64, NaT if unknown, or numbers, NaN likewise


@dataclass(frozen=True)
class Cut:
    """How a table is cut into windows."""

    shown: np.ndarray  # (n, columns) what windows show, in the order of time
    starts: np.ndarray  # (windows,) where they start there
    ends: np.ndarray  # (windows,) the row of the file that each ends with
    hidden: np.ndarray  # (shown rows, columns) booleans: cells of the future that are not known ahead
    outline: Outline
    future: Future | None = None  # to predict every step past the end


class WindowReader(Reader):
    """Windows (rows, shown rows, columns), made as they are asked for, of a table that stays open."""

    def __init__(self, table: Reader, cut: Cut):
        self._table, self._starts, self._ends, self.outline = table, cut.starts, cut.ends, cut.outline
        self._hidden, self._future = cut.hidden, cut.future
        self.horizon = cut.future.steps if cut.future else 1
        rows = self.outline.feature_shape[0]
        self._windows = sliding_window_view(cut.shown, rows, axis=0).swapaxes(1, 2)

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

        Past the end of a series: the same for each step, with the time of the step, and its number.
        """
        ends = self._ends[low:high]
        first = int(ends.min()) if len(ends) else 0
        cells = self._table.kept(first, int(ends.max()) + 1 if len(ends) else 0)
        kept = {LAST_ROW: _texts(ends + 1)} | {name: column[ends - first] for name, column in cells.items()}
        if not self._future:
            return kept
        kept = {name: column.repeat(self.horizon) for name, column in kept.items()}
        if self._future.times is not None:
            kept[self._future.column] = _moments(self._future.times[low:high].ravel())
        return {**kept, STEP: np.tile(_texts(np.arange(self.horizon) + 1), len(ends))}

    def kept_types(self) -> dict[str, str]:
        """Whole numbers, and those of the table."""
        types = {LAST_ROW: "BIGINT", **self._table.kept_types()}
        if self._future and self._future.times is not None:
            types[self._future.column] = "TIMESTAMP" if self._future.times.dtype.kind == "M" else "DOUBLE"
        return types | ({STEP: "BIGINT"} if self._future else {})

    def close(self) -> None:
        """That of the table."""
        self._table.close()


def _texts(numbers: np.ndarray) -> np.ndarray:
    return numbers.astype(str).astype(object)


def _moments(times: np.ndarray) -> np.ndarray:
    """Times (n,) as texts of one form, masked where unknown: dates alone where none has an hour."""
    if times.dtype.kind != "M":
        return np.ma.masked_array([f"{time:.15g}" for time in times.tolist()], np.isnan(times), dtype=object)
    seconds = times.astype("datetime64[s]")
    days = not (seconds - seconds.astype("datetime64[D]")).astype(np.int64)[~np.isnat(times)].any()
    texts = np.datetime_as_string(seconds, unit="D" if days else "s")
    return np.ma.masked_array([text.replace("T", " ") for text in texts.tolist()], np.isnat(times), dtype=object)
