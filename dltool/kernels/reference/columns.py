"""Reference kernels for the columns of weights: parts (…, N) of w (…, parts · N), and w of its parts."""

from __future__ import annotations

import numpy as np


def split_columns(w: np.ndarray, *, parts: int) -> tuple[np.ndarray, ...]:
    """The columns in equal parts."""
    return tuple(np.split(w, parts, axis=-1))


def join_columns(*parts: np.ndarray) -> np.ndarray:
    """The parts side by side."""
    return np.concatenate(parts, axis=-1)
