"""Reference products of codes: p (R, N) has a row for each number, for each code of each field, and one of zeros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace

Fields = Sequence[tuple[int, int, int]]


def table_indices(codes: np.ndarray, rows: np.ndarray, *, numbers: int, fields: Fields) -> np.ndarray:
    """indices (B, m) = codes[rows, start] + the field's first row of p, or the last row of all for negative codes."""
    xp = namespace(codes)
    sizes = xp.array([size for _, size, _ in fields])
    first = numbers + xp.cumsum(sizes) - sizes
    chosen = codes[rows][:, [start for start, _, _ in fields]]
    return xp.where(chosen >= 0, chosen + first, numbers + sizes.sum()).astype(xp.int32)


def table_products(w: np.ndarray, *tables: np.ndarray, numbers: int, fields: Fields) -> np.ndarray:
    """p (R, N) = the last `numbers` rows of w (K, N), for each field table · its rows of w, or these, and zeros."""
    xp = namespace(w)
    parts, place, following = [w[len(w) - numbers :]], 0, iter(tables)
    for _, size, width in fields:
        own = w[place : place + (width or size)]
        parts.append(next(following) @ own if width else own)
        place += len(own)
    return xp.concatenate([*parts, xp.zeros((1, w.shape[1]), w.dtype)])


def table_products_weight_gradient(dp: np.ndarray, *tables: np.ndarray, numbers: int, fields: Fields) -> np.ndarray:
    """dw (K, N) = for each field tableᵀ · its rows of dp (R, N), or these, then the first `numbers` rows of dp."""
    xp = namespace(dp)
    parts, first, following = [], numbers, iter(tables)
    for _, size, width in fields:
        own = dp[first : first + size]
        parts.append(next(following).T @ own if width else own)
        first += size
    return xp.concatenate([*parts, dp[:numbers]])


def table_products_table_gradient(
    dp: np.ndarray, w: np.ndarray, *, first: int, place: int, size: int, width: int
) -> np.ndarray:
    """dtable (size, width) = dp[first : first + size] · w[place : place + width]ᵀ."""
    return dp[first : first + size] @ w[place : place + width].T


def sum_table_products(indices: np.ndarray, p: np.ndarray, *numbers: np.ndarray) -> np.ndarray:
    """y (B, N) = Σ p[indices (B, m)] + numbers (B, k) · p[:k]."""
    y = p[indices].sum(axis=1, dtype=p.dtype)
    for x in numbers:
        y = y + x @ p[: x.shape[1]]
    return y


def sum_table_products_gradient(dy: np.ndarray, indices: np.ndarray, *numbers: np.ndarray, rows: int) -> np.ndarray:
    """dp (rows, N) = numbersᵀ · dy (B, N), below that dy added up in the rows that indices (B, m) name."""
    xp = namespace(dy)
    dp = xp.zeros((rows, dy.shape[1]), dy.dtype)
    for x in numbers:
        dp = added_at(dp, slice(x.shape[1]), x.T @ dy)
    return added_at(dp, indices, xp.repeat(dy[:, None], indices.shape[1], axis=1))
