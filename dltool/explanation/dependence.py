"""Partial dependence: the mean prediction if all rows had the same value in one column (Friedman 2001)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from dltool.data.features.feature import Encoder
from dltool.data.preprocessing.features import TablePreparation
from dltool.data.samples.samples import Samples
from dltool.explanation.groups import Group
from dltool.explanation.scores import predicted
from dltool.training.prediction import Predictor

#: values of a number, categories, and rows that predictions are averaged over
VALUES, CATEGORIES, ROWS = 24, 12, 500
#: numbers are taken between these quantiles, as in scikit-learn
ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Dependence:
    """The mean prediction by the value of a column."""

    column: str
    values: np.ndarray  # (n,) numbers or dates, rising, else words or booleans, the most frequent first
    predictions: np.ndarray  # (n, k) probabilities of classes or labels, or numbers in the units of the data


def dependence(predictor: Predictor, samples: Samples, group: Group) -> Dependence | None:
    """The dependence on a column of a table; None for text, and where all rows have the same value."""
    preparation = predictor.preprocessing.features
    assert isinstance(preparation, TablePreparation)
    encoder = next(one for one in preparation.encoders if one.column == group.name)
    features, codes = samples.features[:, group.numbers], samples.codes[:, group.codes]
    values = _values(encoder, np.ma.compressed(encoder.cells(features, codes)))
    if len(values) < 2:
        return None
    rows = samples.taken(np.unique(np.linspace(0, len(samples) - 1, min(ROWS, len(samples))).astype(np.int64)))
    means = []
    for value in values:
        one = _with(encoder, value, rows.rows(0, 1), group)
        means.append(predicted(predictor, group.taken(rows, one)).mean(axis=0))
    return Dependence(group.name, values, np.array(means))


def _values(encoder: Encoder, cells: np.ndarray) -> np.ndarray:
    """The values of a column to look at; none for a column of text, which has no single values."""
    if not len(cells) or (encoder.field and encoder.field.length > 1) or cells.dtype.kind == "i":
        return np.empty(0)
    if cells.dtype.kind in "Ob":
        return np.array([value for value, _ in Counter(cells.tolist()).most_common(CATEGORIES)], cells.dtype)
    moments = cells.dtype.kind == "M"
    numbers = cells.astype("datetime64[s]").astype(np.float64) if moments else _without_rounding(cells)
    values = np.unique(numbers)
    if len(values) > VALUES:
        low, high = np.quantile(numbers, ENDS)
        values = np.unique(np.linspace(low, high, VALUES))
    return np.rint(values).astype("datetime64[s]") if moments else values


def _without_rounding(cells: np.ndarray) -> np.ndarray:
    """Cells without the errors that scaling them in float32 and back has left."""
    spread = float(cells.std())
    return np.round(cells, max(0, 5 - int(np.floor(np.log10(spread))))) if spread > 0 else cells


def _with(encoder: Encoder, value: object, row: Samples, group: Group) -> Samples:
    """A copy of one row with the value in the column."""
    cell = np.ma.array([value], dtype=object if isinstance(value, str) else None, mask=[False])
    features, codes = row.features.copy(), row.codes.copy()
    numbers, code = features[:, group.numbers], codes[:, group.codes].copy()
    encoder.write_numbers(cell, numbers)
    encoder.write_codes(cell, code)
    features[:, group.numbers], codes[:, group.codes] = numbers, code
    return Samples(features, row.targets, codes)
