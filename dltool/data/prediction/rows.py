"""Samples of other files in pieces, prepared as in the training, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import Raw, Reader, blaming, series_of
from dltool.data.samples.samples import Samples
from dltool.data.sources.source import Source
from dltool.data.splitting.row_weights import row_weights
from dltool.data.splitting.split import overlap
from dltool.data.targets.target import encode, usable_rows
from dltool.errors import InputError, Problem

#: bytes of memory that reading may take
MEMORY = 1 << 27
#: rows that are prepared at a time, and numbers or bytes in them
ROWS = 1 << 16
NUMBERS = 1 << 22


@dataclass(frozen=True)
class Piece:
    """Consecutive rows, from the one numbered `low` to before `high`."""

    low: int
    high: int
    samples: Samples
    kept: Mapping[str, np.ndarray]  # texts to write beside the predictions, masked where missing


class PredictionRows:
    """An open source and how its samples are prepared."""

    def __init__(self, reader: Reader, preprocessing: Preprocessing, request: Request, weight: str | None = None):
        """`weight` is the column of the request's extras that says how much rows count in the loss."""
        targets, self._bad = request.targets, request.bad
        preprocessing.features.require_alike(reader.outline)
        self._reader, self._preparation, self._target = reader, preprocessing.features, preprocessing.target
        self._targets = None
        if targets:
            outline = reader.outline
            self._targets = self._target.trained(encode(outline, self._target), outline.series, outline.place)
        self.usable = usable_rows(reader.outline) if targets else None
        self._weights = self._given_weights(reader.outline, weight) if targets and weight else None
        self.rows = reader.outline.rows
        self.horizon = reader.horizon
        self.kept_types = reader.kept_types()
        self.unknown: Counter[str] = Counter()  # cells with values that are not in the training part, by column
        self.imputed: Counter[str] = Counter()  # missing cells that get a usual value without a mark, by column
        self.bad: Counter[str] = Counter()  # unreadable cells by column, unless these are refused
        self._skipped = np.empty(0, np.int64)  # rows with such cells that are left out

    def _given_weights(self, outline: Outline, name: str) -> np.ndarray:
        usable = slice(None) if self.usable is None else self.usable
        weights = np.zeros(outline.rows, np.float32)
        weights[usable] = row_weights(outline, name, usable, path="", purpose="to evaluate")
        return weights

    @property
    def notes(self) -> list[str]:
        """Notes on what has been read."""
        return [*self._reader.outline.notes, *self._reader.remarks()]

    @property
    def failed(self) -> list[Problem]:
        """Problems of samples that could not be read and are left out, if the request is tolerant."""
        return list(self._reader.failed.values())

    def pieces(self) -> Iterator[Piece]:
        """All rows in order, except those left out; targets are zeros if the request has none."""
        self._find_bad_cells()
        low = 0
        for raw in _slices(self._reader.read(self._preparation.types)):
            start = low
            with blaming(self._reader.path):
                series = series_of(self._reader.outline, raw, low)
                prepared = self._preparation.apply(
                    raw, lambda row, start=start: self._reader.outline.place(start + row), series
                )
            self.unknown.update(self._preparation.unknown(raw, prepared))
            self.imputed.update(self._preparation.imputed(raw))
            low += len(prepared.features)
            targets = self._target.unknown(low - start, series) if self._targets is None else self._targets[start:low]
            weights = None if self._weights is None else self._weights[start:low]
            samples = Samples(prepared.features, targets, prepared.codes, weights)
            piece = Piece(start, low, samples, self._reader.kept(start, low))
            yield self._usable(piece)

    def parts(self) -> Iterator[tuple[Samples, np.ndarray]]:
        """All rows that have a target, in order, and their numbers in the file (n,)."""
        for piece in self.pieces():
            rows = np.arange(piece.low, piece.high)
            if self.usable is None:
                yield piece.samples, rows
                continue
            _, inside = overlap(self.usable, piece.low, piece.high)
            if len(piece.samples.targets[inside]):
                yield piece.samples.taken(inside), rows[inside]

    @property
    def skipped(self) -> int:
        """How many rows are left out for an unreadable cell."""
        return len(self._skipped)

    def _find_bad_cells(self) -> None:
        if self._bad != "refuse":
            self.bad.update(self._reader.bad_cells(self._preparation.types))
        if self._bad == "skip":
            self._skipped = self._reader.bad_rows(self._preparation.types)

    def _usable(self, piece: Piece) -> Piece:
        """The piece without unreadable rows and rows skipped for an unreadable cell."""
        first, last = np.searchsorted(self._skipped, [piece.low, piece.high])
        failed = [row for row in self._reader.failed if piece.low <= row < piece.high]
        left_out = np.array([*failed, *self._skipped[first:last]], np.int64)
        if not left_out.size:
            return piece
        rows = np.delete(np.arange(piece.high - piece.low), left_out - piece.low)
        kept = {name: cells[rows] for name, cells in piece.kept.items()}
        return replace(piece, samples=piece.samples.taken(rows), kept=kept)

    def places(self, rows: Sequence[int]) -> list[str]:
        """Where some rows of the file stand."""
        return self._reader.places(rows)


@contextmanager
def opened(
    source: Source, preprocessing: Preprocessing, folders: Sequence[Path] = (), request: Request | None = None
) -> Iterator[PredictionRows]:
    """The samples of a source; raises InputError, without paths in a config, if they do not fit the network."""
    request = request or Request()
    weight = source.weight_name if request.targets else None
    try:
        request = replace(
            request,
            extras=(weight,) if weight else (),
            named_by={**request.named_by, weight: "weight"} if weight else request.named_by,
            features=preprocessing.columns,
            types=preprocessing.types,
            shape=preprocessing.features.feature_shape,
            dtype=preprocessing.features.feature_dtype,
            classes=preprocessing.target.classes or (),
            memory=MEMORY,
            fitted=preprocessing.source_state,
        )
        with source.open(folders, request) as reader:
            _require_kept(reader, request.keep)
            yield PredictionRows(reader, preprocessing, request, weight)
    except InputError as error:
        raise InputError(*(replace(problem, path="") for problem in error.problems)) from None


def _require_kept(reader: Reader, names: Sequence[str]) -> None:
    """Raises InputError for missing columns to keep; tables have checked that already."""
    there = reader.kept(0, 0)
    if missing := [name for name in names if name not in there]:
        raise InputError(Problem(f"there is no column '{missing[0]}' to keep", reader.outline.where))


def _slices(chunks: Iterator[Raw]) -> Iterator[Raw]:
    """The same rows in smaller chunks where these are large."""
    for raw in chunks:
        cells = [raw] if isinstance(raw, np.ndarray) else list(raw.values())
        step = max(1, min(ROWS, NUMBERS // max(1, sum(one[:1].size for one in cells))))
        for low in range(0, len(cells[0]), step):
            inside = slice(low, low + step)
            yield raw[inside] if isinstance(raw, np.ndarray) else {name: one[inside] for name, one in raw.items()}
