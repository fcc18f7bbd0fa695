"""Reference embeddings of integers that are values of the batch."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace


def gather_codes(data: np.ndarray, rows: np.ndarray, *, start: int, length: int, size: int) -> np.ndarray:
    """codes (B, …) int32 = data (n, …)[rows (B,)], or of that `length` codes from `start` on."""
    return data[rows] if length == size else data[rows, start : start + length]


def next_tokens(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(tokens, following), each (B, T), of block (B, T + 1) int32."""
    return block[:, :-1], block[:, 1:]


def embedding(codes: np.ndarray, table: np.ndarray, *, size: int) -> np.ndarray:
    """x (B, …, width) = table (size, width)[codes (B, …)], 0 for codes that are not in [0, size)."""
    xp = namespace(codes)
    named = (codes >= 0) & (codes < size)
    return xp.where(named[..., None], table[xp.where(named, codes, 0)], xp.zeros((), table.dtype))


def embedding_gradient(codes: np.ndarray, dx: np.ndarray, *, size: int) -> np.ndarray:
    """dtable (size, width) = Σ over samples and places of dx (B, …, width), in the rows of their codes (B, …)."""
    xp = namespace(dx)
    named = ((codes >= 0) & (codes < size))[..., None]
    sums = xp.zeros((size, dx.shape[-1]), dx.dtype)
    return added_at(sums, xp.where(named[..., 0], codes, 0), xp.where(named, dx, 0))
