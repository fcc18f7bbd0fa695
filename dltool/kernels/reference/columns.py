"""Reference kernels for the columns of weights: parts (…, N) of w (…, parts · N), and w of its parts."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def split_columns(w: np.ndarray, *, parts: int) -> tuple[np.ndarray, ...]:
    """The columns in equal parts."""
    xp = namespace(w)
    return tuple(xp.split(w, parts, axis=-1))


def join_columns(*parts: np.ndarray) -> np.ndarray:
    """The parts side by side."""
    xp = namespace(parts[0])
    return xp.concatenate(parts, axis=-1)
