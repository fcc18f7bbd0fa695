"""A linear model of prepared samples, fitted with NumPy alone: least squares or logistic regression.

Numbers enter directly. Each code has a row in a table; a bag of words uses the sum of its rows over the root of their
count, like an embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField
from dltool.losses.output_activations import OutputActivation, activate
from dltool.training.lbfgs import minimum

#: categories up to this size become one-hot columns, which are faster than table lookups
SMALL = 128
#: number of columns up to which correlations are removed before fitting
MOST_WHITENED = 1024
#: weight decay grows with the number of columns beyond this; most columns of images carry little information
EASY = 25


@dataclass(frozen=True)
class Linear:
    """numbers (n, F) · weight (F, k) + table rows (codes, k) of the codes + bias (k,), all float64."""

    weight: np.ndarray
    table: np.ndarray
    bias: np.ndarray

    def outputs(self, part: Samples, fields: Sequence[CodeField]) -> np.ndarray:
        """Raw outputs (n, k), before the output activation."""
        numbers = part.features.reshape(len(part), -1).astype(np.float64)
        return numbers @ self.weight + _Bag(part.codes, fields).times(self.table) + self.bias


def fit_linear(part: Samples, fields: Sequence[CodeField], targets: np.ndarray, name: OutputActivation) -> Linear:
    """The model with the smallest mean loss and a little weight decay; targets (n, k) are numbers, or 0 and 1.

    The search runs over transformed weights (`white`, `scale`), for which the loss has about the same curvature in
    every direction.
    """
    small = [field for field in fields if field.length == 1 and field.size <= SMALL]
    others = [field for field in fields if field not in small]
    matrix, mean, deviation = _standardized(part, small)
    bag = _Bag(part.codes, others)
    decay = max(1.0, matrix.shape[1] / EASY) / len(part)
    white = _Whitening(matrix, decay)
    scale = 1 / np.sqrt(bag.squares / len(part) + decay)[:, None]
    width = matrix.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        found = flat.reshape(-1, targets.shape[1])
        weight, table, bias = white.times(found[:width]), scale * found[width:-1], found[-1]
        value, slope = _loss(name, matrix @ weight.astype(np.float32) + bag.times(table) + bias, targets)
        value += decay / 2 * float((weight**2).sum() + (table**2).sum())
        of_weight = white.transposed_times(matrix.T @ slope.astype(np.float32) + decay * weight)
        of_table = scale * (bag.transposed_times(slope) + decay * table)
        return value, np.concatenate([of_weight, of_table, slope.sum(axis=0)[None]]).ravel()

    start = np.zeros((width + len(scale) + 1, targets.shape[1]))
    start[-1] = _initial_bias(name, targets.mean(axis=0))
    found = minimum(loss, start.ravel()).reshape(start.shape)
    weight = white.times(found[:width]) / deviation[:, None]
    numbers, ones = np.split(weight, [part.features[0].size])
    tables = {**_by_field(ones, small), **_by_field(scale * found[width:-1], others)}
    for field in fields:
        if field.shares:
            tables[field][0] = np.array(field.shares) @ tables[field]
    table = np.concatenate([np.empty((0, targets.shape[1])), *(tables[field] for field in fields)])
    return Linear(numbers, table, found[-1] - mean @ weight)


def _standardized(part: Samples, small: Sequence[CodeField]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers and one-hot columns of small fields (n, F), float32, centered; numbers divided by their deviation."""
    numbers = part.features.reshape(len(part), -1)
    wanted = [part.codes[:, field.start, None] == np.arange(field.size) for field in small]
    matrix = np.concatenate([numbers, *wanted], axis=1, dtype=np.float32)
    peak = np.maximum(np.abs(matrix).max(axis=0), 1e-30)  # first, so that no square overflows
    matrix /= peak
    mean = matrix.mean(axis=0, dtype=np.float64)
    matrix -= mean.astype(np.float32)
    deviation = np.sqrt(np.square(matrix).mean(axis=0, dtype=np.float64))
    deviation[(deviation == 0) | (np.arange(len(deviation)) >= numbers.shape[1])] = 1
    matrix /= deviation.astype(np.float32)
    return matrix, mean * peak, deviation * peak


class _Whitening:
    """A matrix (F, F) that decorrelates columns (n, F); the identity if there are too many columns."""

    def __init__(self, matrix: np.ndarray, decay: float):
        self._white: np.ndarray | None = None
        if matrix.shape[1] <= MOST_WHITENED:
            correlation = (matrix.T @ matrix).astype(np.float64) / len(matrix)
            steady = max(decay, 1e-4) * np.eye(len(correlation))  # float32 products are not more precise
            self._white = np.linalg.inv(np.linalg.cholesky(correlation + steady)).T

    def times(self, array: np.ndarray) -> np.ndarray:
        """The product of the matrix with an array (F, k)."""
        return array if self._white is None else self._white @ array

    def transposed_times(self, array: np.ndarray) -> np.ndarray:
        """The product of the transposed matrix with an array (F, k)."""
        return array if self._white is None else self._white.T @ array


def _by_field(table: np.ndarray, fields: Sequence[CodeField]) -> dict[CodeField, np.ndarray]:
    """The rows of each field in a table of consecutive fields."""
    return dict(zip(fields, np.split(table, np.cumsum([field.size for field in fields], dtype=int)), strict=False))


def _loss(name: OutputActivation, outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean loss that belongs to an output activation, and its gradient (n, k) with respect to the outputs."""
    rows = len(outputs)
    predictions = activate(name, outputs)
    slope = (predictions - targets) / rows
    if name == "identity":
        return float(((predictions - targets) ** 2).sum() / (2 * rows)), slope
    if name == "softmax":
        return -float((np.log(np.maximum(predictions, 1e-300)) * targets).sum() / rows), slope
    return float((np.logaddexp(0, outputs) - outputs * targets).sum() / rows), slope


def _initial_bias(name: OutputActivation, mean: np.ndarray) -> np.ndarray:
    """The bias that predicts the mean target."""
    if name == "identity":
        return mean
    safe = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.log(safe) if name == "softmax" else np.log(safe / (1 - safe))


class _Bag:
    """A sparse matrix (n, codes): the weights of the codes of n samples, field by field."""

    def __init__(self, codes: np.ndarray, fields: Sequence[CodeField]):
        self.shape = len(codes), sum(field.size for field in fields)
        rows, columns, weights, start = [], [], [], 0
        for field in fields:
            own = codes[:, field.start : field.start + field.length]
            row, column = np.nonzero(own >= 0)
            rows.append(row)
            columns.append(start + own[row, column])
            weights.append(1 / np.sqrt(np.bincount(row)[row]))
            start += field.size
        self._rows = np.concatenate([np.empty(0, np.int64), *rows])
        self._columns = np.concatenate([np.empty(0, np.int64), *columns])
        self._weights = np.concatenate([np.empty(0), *weights])

    @property
    def squares(self) -> np.ndarray:
        """The sum of squares of each column (codes,)."""
        return np.bincount(self._columns, self._weights**2, minlength=self.shape[1])

    def times(self, table: np.ndarray) -> np.ndarray:
        """The product (n, k) with a table (codes, k)."""
        return self._sums(self._rows, self.shape[0], table[self._columns])

    def transposed_times(self, matrix: np.ndarray) -> np.ndarray:
        """The product (codes, k) of the transpose with (n, k)."""
        return self._sums(self._columns, self.shape[1], matrix[self._rows])

    def _sums(self, indices: np.ndarray, length: int, values: np.ndarray) -> np.ndarray:
        """Values (entries, k) times their weights, summed by index."""
        return np.stack([np.bincount(indices, self._weights * column, minlength=length) for column in values.T], axis=1)
