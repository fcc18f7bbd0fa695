"""Reference kernels of padded sequences: x (B, T, C), lengths (B,) int64; a length below 1 counts as 1."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def lengths(codes: np.ndarray) -> np.ndarray:
    """lengths (B,) = how many of codes (B, …, T) are not negative, at least 1."""
    counts = (codes >= 0).reshape(len(codes), -1).sum(axis=1)
    return namespace(codes).maximum(counts, 1)


def window_lengths(lengths: np.ndarray, *, reach: int, stride: int, padding: int) -> np.ndarray:
    """windows (B,) = how many windows of `reach` steps, `stride` apart, fit into lengths (B,), at least 1."""
    fitting = (_at_least_one(lengths) + 2 * padding - reach) // stride + 1
    return namespace(lengths).maximum(fitting, 1)


def mask(x: np.ndarray, lengths: np.ndarray, *, fill: float) -> np.ndarray:
    """y (B, T, C) = x in the first steps of each sequence, and `fill` behind."""
    xp = namespace(x)
    return xp.where(_counting(x.shape[1], lengths)[..., None], x, xp.asarray(fill, dtype=x.dtype))


def last_step(x: np.ndarray, *lengths: np.ndarray) -> np.ndarray:
    """y (B, C) = the last step of x (B, T, C) that counts."""
    xp = namespace(x)
    last = _at_least_one(*lengths) - 1 if lengths else xp.full(len(x), x.shape[1] - 1)
    return xp.take_along_axis(x, last[:, None, None], axis=1)[:, 0]


def last_step_gradient(dy: np.ndarray, *lengths: np.ndarray, steps: int) -> np.ndarray:
    """dx (B, T, C) = dy (B, C) at the last step that counts, 0 elsewhere."""
    xp = namespace(dy)
    last = _at_least_one(*lengths) - 1 if lengths else xp.full(len(dy), steps - 1)
    here = xp.arange(steps)[None] == last[:, None]
    return xp.where(here[..., None], dy[:, None], xp.zeros((), dy.dtype))


def mean_steps(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """y (B, C) = the mean of the steps of x (B, T, C) that count."""
    return mask(x, lengths, fill=0.0).sum(axis=1) / _at_least_one(lengths).astype(x.dtype)[:, None]


def mean_steps_gradient(dy: np.ndarray, lengths: np.ndarray, *, steps: int) -> np.ndarray:
    """dx (B, T, C) = dy (B, C) / length in the steps that count, 0 behind."""
    xp = namespace(dy)
    each = dy / _at_least_one(lengths).astype(dy.dtype)[:, None]
    return xp.where(_counting(steps, lengths)[..., None], each[:, None], xp.zeros((), dy.dtype))


def reverse(x: np.ndarray, *lengths: np.ndarray) -> np.ndarray:
    """y (B, T, C) = x with the steps that count in reverse."""
    xp = namespace(x)
    if not lengths:
        return xp.flip(x, axis=1)
    step, last = xp.arange(x.shape[1])[None], _at_least_one(*lengths)[:, None] - 1
    return xp.take_along_axis(x, xp.where(step <= last, last - step, step)[..., None], axis=1)


def _at_least_one(lengths: np.ndarray) -> np.ndarray:
    return namespace(lengths).maximum(lengths, 1)


def _counting(steps: int, lengths: np.ndarray) -> np.ndarray:
    """(B, T): whether a step counts."""
    return namespace(lengths).arange(steps)[None] < _at_least_one(lengths)[:, None]
