"""Reference embeddings of integers that are values of the batch."""

from __future__ import annotations

import numpy as np


def gather_codes(data: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """codes (B, …) int32 = data (n, …)[rows (B,)]."""
    return data[rows]


def embedding(codes: np.ndarray, table: np.ndarray, *, size: int) -> np.ndarray:
    """x (B, …, width) = table (size, width)[codes (B, …)], 0 for codes that are not in [0, size)."""
    named = (codes >= 0) & (codes < size)
    return np.where(named[..., None], table[np.where(named, codes, 0)], np.zeros((), table.dtype))


def embedding_gradient(codes: np.ndarray, dx: np.ndarray, *, size: int) -> np.ndarray:
    """dtable (size, width) = Σ over samples and places of dx (B, …, width), in the rows of their codes (B, …)."""
    chosen = np.where((codes >= 0) & (codes < size), codes, size).reshape(-1)
    columns = dx.reshape(-1, dx.shape[-1]).T
    sums = [np.bincount(chosen, weights=column, minlength=size + 1)[:size] for column in columns]
    return np.stack(sums, axis=1).astype(dx.dtype)
