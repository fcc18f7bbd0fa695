"""Reference attention: q (B, T, heads · D), k and v (B, T, groups · D), lengths (B,), logsums (B, T, heads)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def attention(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    *lengths: np.ndarray,
    heads: int,
    groups: int,
    causal: int,
    scale: float,
) -> tuple[np.ndarray, np.ndarray]:
    """(y, logsums): y = softmax(scale · q · kᵀ) · v over the steps that a step sees."""
    xp = namespace(q)
    keys, values = _of_heads(k, heads, groups), _of_heads(v, heads, groups)
    scores = _scores(_of_heads(q, heads, heads), keys, *lengths, causal=causal, scale=scale)
    largest = scores.max(axis=-1, keepdims=True)
    logsums = largest + xp.log(xp.exp(scores - largest).sum(axis=-1, keepdims=True))
    return _joined(xp.exp(scores - logsums) @ values), logsums[..., 0].swapaxes(1, 2)


def attention_gradient(
    dy: np.ndarray,
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    y: np.ndarray,
    logsums: np.ndarray,
    *lengths: np.ndarray,
    heads: int,
    groups: int,
    causal: int,
    scale: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dq, dk, dv)."""
    xp = namespace(q)
    queries, keys, values = (_of_heads(q, heads, heads), _of_heads(k, heads, groups), _of_heads(v, heads, groups))
    upstream, given = _of_heads(dy, heads, heads), _of_heads(y, heads, heads)
    scores = _scores(queries, keys, *lengths, causal=causal, scale=scale)
    p = xp.exp(scores - logsums.swapaxes(1, 2)[..., None])
    slopes = p * (upstream @ values.swapaxes(2, 3) - (upstream * given).sum(axis=-1, keepdims=True)) * scale
    dkeys, dvalues = slopes.swapaxes(2, 3) @ queries, p.swapaxes(2, 3) @ upstream
    return _joined(slopes @ keys), _joined(_of_groups(dkeys, groups)), _joined(_of_groups(dvalues, groups))


def _of_heads(x: np.ndarray, heads: int, groups: int) -> np.ndarray:
    """(B, heads, T, D) of (B, T, groups · D)."""
    samples, steps, channels = x.shape
    apart = x.reshape(samples, steps, groups, channels // groups).swapaxes(1, 2)
    return namespace(x).repeat(apart, heads // groups, axis=1)


def _of_groups(x: np.ndarray, groups: int) -> np.ndarray:
    """(B, groups, T, D), the sums of (B, heads, T, D) over the heads of each group."""
    samples, heads, steps, width = x.shape
    return x.reshape(samples, groups, heads // groups, steps, width).sum(axis=2)


def _joined(x: np.ndarray) -> np.ndarray:
    """(B, T, heads · D) of (B, heads, T, D)."""
    samples, heads, steps, width = x.shape
    return x.swapaxes(1, 2).reshape(samples, steps, heads * width)


def _scores(q: np.ndarray, k: np.ndarray, *lengths: np.ndarray, causal: int, scale: float) -> np.ndarray:
    """(B, heads, T, T): scale · q · kᵀ, −infinity where a step is not seen."""
    xp = namespace(q)
    steps = q.shape[2]
    step = xp.arange(steps)
    seen = step[None, :] <= step[:, None] if causal else xp.ones((steps, steps), bool)
    seen = seen[None, None]
    for known in lengths:
        seen = seen & (step[None] < xp.maximum(known, 1)[:, None])[:, None, None]
    scores = q @ k.swapaxes(2, 3) * scale
    return xp.where(seen, scores, xp.asarray(-xp.inf, dtype=scores.dtype))
