"""Summaries of the data's columns, computed from prepared samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from dltool.data.features.feature import Encoder
from dltool.data.preprocessing.features import Preparation, TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.scaling.series_scale import SeriesScale
from dltool.formatting import first_few
from dltool.report.formats import share, short

#: bars of a small distribution, and words that are listed
BARS, LISTED = 24, 3
#: of numbers, the share at each end that a distribution leaves out
TAIL = 0.005


@dataclass(frozen=True)
class ColumnSummary:
    """A column of a table, or all values of arrays."""

    name: str
    kind: str
    becomes: str  # the network's input
    missing: float  # share of rows
    facts: str
    heights: Sequence[float]  # of bars, from the least to the greatest value, or from the most frequent word on


def describe(preparation: Preparation, sample: Samples) -> list[ColumnSummary]:
    """Summaries of all columns from some rows of the training part."""
    if isinstance(preparation, TablePreparation):
        return list(_columns(preparation, sample))
    if preparation.feature_dtype == "int32":
        length = preparation.feature_shape[0] - 1
        return [ColumnSummary("text", "tokens", f"sequence of {length:,}", 0.0, *_of_codes(sample.features))]
    values = sample.features
    if preparation.feature_dtype == "float32" and preparation.scale:
        many = isinstance(preparation.scale, SeriesScale) and len(preparation.scale.names) > 1
        series = sample.targets[:, -1].astype(np.int64) if many else None
        values = preparation.scale.undone(values, series)
    shape = " × ".join(map(str, preparation.feature_shape))
    kind = "bytes" if preparation.feature_dtype == "uint8" else "numbers"
    return [ColumnSummary("all values", kind, f"{shape} numbers", 0.0, *_of_numbers(values.reshape(-1)))]


def _columns(preparation: TablePreparation, sample: Samples) -> Iterator[ColumnSummary]:
    number = code = 0
    for encoder in preparation.encoders:
        width, length = len(encoder.names), encoder.field.length if encoder.field else 0
        cells = encoder.cells(sample.features[:, number : number + width], sample.codes[:, code : code + length])
        missing = float(np.ma.getmaskarray(cells).mean())
        facts, heights = _facts(np.ma.compressed(cells))
        yield ColumnSummary(encoder.column, encoder.kind, _becomes(encoder), missing, facts, heights)
        number, code = number + width, code + length


def _becomes(encoder: Encoder) -> str:
    if encoder.field is None:
        return "1 number" if len(encoder.names) == 1 else f"{len(encoder.names)} numbers"
    size = encoder.field.size
    if encoder.field.sequence:
        return f"sequence of {encoder.field.length:,}, vocabulary {size:,}"
    return f"one-hot, {size:,}" if encoder.field.width is None else f"embedding, {size:,} × {encoder.field.width}"


def _facts(cells: np.ndarray) -> tuple[str, Sequence[float]]:
    """Facts about cells that are not missing, and their distribution."""
    if not len(cells):
        return "nothing", ()
    match cells.dtype.kind:
        case "f":
            return _of_numbers(cells)
        case "b":
            return f"true in {share(float(cells.mean()))}", (float((~cells).sum()), float(cells.sum()))
        case "M":
            days = cells.astype("datetime64[D]")
            return f"{days.min()} to {days.max()}", _heights(cells.astype("datetime64[s]").astype(np.float64))
        case "i":
            return f"{short(float(cells.mean()))} words on average, up to {cells.max():,}", _heights(cells)
        case _:
            return _of_words(cells)


def _of_numbers(values: np.ndarray) -> tuple[str, Sequence[float]]:
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    # drop the rounding errors of scaling
    places = 5 - floor(log10(deviation)) if deviation > 0 else 6
    mean, low, high = (round(float(value), places) + 0.0 for value in (mean, values.min(), values.max()))
    facts = f"{short(mean)} ± {short(deviation)}, from {short(low)} to {short(high)}"
    return facts, _heights(values)


def _of_codes(codes: np.ndarray) -> tuple[str, Sequence[float]]:
    """How many tokens there are, and how often the most frequent ones occur."""
    counts = np.bincount(codes[codes >= 0])
    return f"{np.count_nonzero(counts):,} different tokens", np.sort(counts)[::-1][:BARS].astype(float).tolist()


def _of_words(cells: np.ndarray) -> tuple[str, Sequence[float]]:
    counts = Counter(cells.tolist()).most_common()
    shares = [f"{word} {share(count / len(cells))}" for word, count in counts]
    return f"{len(counts):,} different: {first_few(shares, LISTED)}", [count for _, count in counts[:BARS]]


def _heights(values: np.ndarray) -> Sequence[float]:
    """How many values there are in each of equally wide ranges."""
    low, high = np.quantile(values, [TAIL, 1 - TAIL])
    if not high > low:
        low, high = values.min(), values.max()
    different = len(np.unique(values[:1000]))
    bars = different if different <= BARS and len(values) >= 1000 else BARS
    # ids of 19 digits exceed float64's precision, but their distances from the lowest do not
    counts, _ = np.histogram(values - low, bins=max(bars, 2), range=(0.0, max(float(high - low), 1e-300)))
    return [float(count) for count in counts]
