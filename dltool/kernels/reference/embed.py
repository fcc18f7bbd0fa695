"""Reference embeddings: codes (n, m) int32 of all samples, rows (B,) int64 into them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def embed(codes: np.ndarray, rows: np.ndarray, table: np.ndarray, *, start: int, length: int) -> np.ndarray:
    """x (B, width) = Σ table[code] over the codes ≥ 0 among the `length` from `start` on, over √(their number)."""
    chosen, weight = _weighted(codes, rows, start, length, table.dtype)
    return np.where(weight[..., None] > 0, table[chosen] * weight[..., None], 0).sum(axis=1).astype(table.dtype)


def embed_gradient(
    codes: np.ndarray, rows: np.ndarray, dx: np.ndarray, *, start: int, length: int, size: int
) -> np.ndarray:
    """dtable (size, width) = Σ over samples and their codes ≥ 0 of dx / √(number of these), in row `code`."""
    chosen, weight = _weighted(codes, rows, start, length, dx.dtype)
    dtable = np.zeros((size, dx.shape[1]), dx.dtype)
    sample, place = np.nonzero(weight)
    np.add.at(dtable, chosen[sample, place], dx[sample] * weight[sample, place, None])
    return dtable


def one_hot(codes: np.ndarray, rows: np.ndarray, *shares: np.ndarray, start: int, size: int) -> np.ndarray:
    """x (B, size) = 1 where the code at `start` says, else 0; all 0 for a code of −1, and shares (size) for 0."""
    chosen = codes[rows, start, None]
    ones = (chosen == np.arange(size)).astype(np.float32)
    for mean in shares:
        ones = np.where(chosen == 0, mean, ones.astype(mean.dtype))
    return ones


def mean_rows(w: np.ndarray, *shares: np.ndarray, first: Sequence[tuple[int]]) -> np.ndarray:
    """y (R, N) = w, but its row `first` of each field is shares (size) · w[first : first + size]."""
    y = w.copy()
    for (begin,), own in zip(first, shares, strict=True):
        y[begin] = own @ w[begin : begin + len(own)]
    return y


def _weighted(
    codes: np.ndarray, rows: np.ndarray, start: int, length: int, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (B, length) with 0 in place of negative ones, and their weights, which are then 0."""
    chosen = codes[rows, start : start + length]
    present = chosen >= 0
    weight = present / np.sqrt(np.maximum(present.sum(axis=1, keepdims=True), 1))
    return np.where(present, chosen, 0), weight.astype(dtype)
