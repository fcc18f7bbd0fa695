"""Reference embeddings: codes (n, m) int32 of all samples, rows (B,) int64 into them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace


def embed(codes: np.ndarray, rows: np.ndarray, table: np.ndarray, *, start: int, length: int) -> np.ndarray:
    """x (B, width) = Σ table[code] over the codes ≥ 0 among the `length` from `start` on, over √(their number)."""
    xp = namespace(codes)
    chosen, weight = _weighted(codes, rows, start, length, table.dtype)
    return xp.where(weight[..., None] > 0, table[chosen] * weight[..., None], 0).sum(axis=1).astype(table.dtype)


def embed_gradient(
    codes: np.ndarray, rows: np.ndarray, dx: np.ndarray, *, start: int, length: int, size: int
) -> np.ndarray:
    """dtable (size, width) = Σ over samples and their codes ≥ 0 of dx / √(number of these), in row `code`."""
    xp = namespace(codes)
    chosen, weight = _weighted(codes, rows, start, length, dx.dtype)
    shares = xp.where(weight[..., None] > 0, dx[:, None] * weight[..., None], 0).astype(dx.dtype)
    return added_at(xp.zeros((size, dx.shape[1]), dx.dtype), chosen, shares)


def one_hot(codes: np.ndarray, rows: np.ndarray, *shares: np.ndarray, start: int, size: int) -> np.ndarray:
    """x (B, size) = 1 where the code at `start` says, else 0; all 0 for a code of −1, and shares (size) for 0."""
    xp = namespace(codes)
    chosen = codes[rows, start, None]
    ones = (chosen == xp.arange(size)).astype(xp.float32)
    for mean in shares:
        ones = xp.where(chosen == 0, mean, ones.astype(mean.dtype))
    return ones


def mean_rows(w: np.ndarray, *shares: np.ndarray, first: Sequence[tuple[int]]) -> np.ndarray:
    """y (R, N) = w, but its row `first` of each field is shares (size) · w[first : first + size]."""
    xp, y = namespace(w), w
    for (begin,), own in zip(first, shares, strict=True):
        y = xp.concatenate([y[:begin], (own @ w[begin : begin + len(own)])[None], y[begin + 1 :]])
    return y


def _weighted(
    codes: np.ndarray, rows: np.ndarray, start: int, length: int, dtype: np.dtype
) -> tuple[np.ndarray, np.ndarray]:
    """Codes (B, length) with 0 in place of negative ones, and their weights, which are then 0."""
    xp = namespace(codes)
    chosen = codes[rows, start : start + length]
    present = chosen >= 0
    weight = present / xp.sqrt(xp.maximum(present.sum(axis=1, keepdims=True), 1))
    return xp.where(present, chosen, 0), weight.astype(dtype)
