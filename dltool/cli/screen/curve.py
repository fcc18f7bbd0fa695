"""A small curve of a value over time in braille characters of 2 × 4 dots."""

from __future__ import annotations

import math
from itertools import pairwise

# Bits of a braille character's dots, by column (2) and row from the bottom (4).
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
_EMPTY = 0x2800


class Curve:
    """Keeps a bounded number of points, each the mean of the same number of values."""

    def __init__(self, width: int, height: int):
        self._width, self._height = width, height  # characters
        self._points: list[float] = []
        self._share = 1  # values per point
        self._sum, self._count = 0.0, 0

    def add(self, value: float) -> None:
        """Append a value; if there are too many points, pairs of them are merged."""
        self._sum, self._count = self._sum + value, self._count + 1
        if self._count < self._share:
            return
        self._points.append(self._sum / self._count)
        self._sum, self._count = 0.0, 0
        if len(self._points) > 4 * self._width:
            pairs = zip(self._points[::2], self._points[1::2], strict=False)
            self._points = [(a + b) / 2 for a, b in pairs]
            self._share *= 2

    def lines(self) -> list[str]:
        """The curve as lines of text from the top, on a logarithmic scale if its range is wide."""
        points = self._points  # another thread may draw while values come in
        if len(points) < 2:
            return [" " * self._width] * self._height
        columns = self._columns(points)
        if min(columns) > 0 and max(columns) > 20 * min(columns):
            columns = [math.log(value) for value in columns]
        low, high = min(columns), max(columns)
        top = 4 * self._height - 1
        rows = [round(top * (value - low) / (high - low)) if high > low else 0 for value in columns]
        cells = [[_EMPTY] * self._width for _ in range(self._height)]
        for column, row in enumerate(rows):
            cells[self._height - 1 - row // 4][column // 2] |= _DOTS[column % 2][row % 4]
        return ["".join(map(chr, line)) for line in cells]

    def _columns(self, points: list[float]) -> list[float]:
        wanted, count = 2 * self._width, len(points)
        if count <= wanted:
            return points
        edges = [count * column // wanted for column in range(wanted + 1)]
        return [sum(points[a:b]) / (b - a) for a, b in pairwise(edges)]
