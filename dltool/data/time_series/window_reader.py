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
#: the column of the row, from 1, that each window ends with
LAST_ROW = "last_row"


@dataclass(frozen=True)
class Cut:
    """How a table is cut into windows."""

    shown: np.ndarray  # (n, columns) what windows show, in the order of time
    starts: np.ndarray  # (windows,) where they start there
    ends: np.ndarray  # (windows,) the row of the file that each ends with
    outline: Outline


class WindowReader(Reader):
    """Windows (rows, length, columns), made as they are asked for, of a table that stays open."""

    def __init__(self, table: Reader, cut: Cut):
        self._table, self._starts, self._ends, self.outline = table, cut.starts, cut.ends, cut.outline
        length = self.outline.feature_shape[0]
        self._windows = sliding_window_view(cut.shown, length, axis=0).swapaxes(1, 2)

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Some windows at a time."""
        step = max(1, CHUNK // int(np.prod(self.outline.feature_shape)))
        for low in range(0, len(self._starts), step):
            yield self._windows[self._starts[low : low + step]]

    def column_types(self, types: Mapping[str, str] | None = None) -> Mapping[str, ColumnType]:
        """Those of the table."""
        return self._table.column_types(types)

    def places(self, rows: Sequence[int]) -> list[str]:
        """Where the rows stand that windows end with."""
        return self._table.places([int(row) for row in self._ends[list(rows)]])

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """Of the row that each window ends with: its number, from 1, and cells such as its group and time."""
        ends = self._ends[low:high]
        first = int(ends.min()) if len(ends) else 0
        cells = self._table.kept(first, int(ends.max()) + 1 if len(ends) else 0)
        return {LAST_ROW: (ends + 1).astype(str).astype(object)} | {
            name: column[ends - first] for name, column in cells.items()
        }

    def kept_types(self) -> dict[str, str]:
        """Whole numbers, and those of the table."""
        return {LAST_ROW: "BIGINT", **self._table.kept_types()}

    def close(self) -> None:
        """That of the table."""
        self._table.close()
