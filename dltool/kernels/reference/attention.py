"""Reference attention: qkv (B, T, (heads + 2 · groups) · D), y (B, T, heads · D), logsums (B, T, heads)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.bfloat16 import seen_by_product
from dltool.kernels.reference.dropout import factors_of
from dltool.kernels.reference.random import pair_bits

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def attention(
    qkv: np.ndarray,
    *lengths: np.ndarray,
    heads: int,
    groups: int,
    causal: int,
    scale: float,
    rate: float,
    stream: int,
    key: int,
    rounded: int,
    step: StepRecord,
) -> tuple[np.ndarray, np.ndarray]:
    """(y, logsums): y = (softmax(scale · q · kᵀ) · factors) · v over the steps that a step sees."""
    xp = namespace(qkv)
    queries, keys, values = _heads_of(qkv, heads, groups)
    scores = _scores(queries, keys, *lengths, causal=causal, scale=scale)
    largest = scores.max(axis=-1, keepdims=True)
    logsums = largest + xp.log(xp.exp(scores - largest).sum(axis=-1, keepdims=True))
    weights = xp.exp(scores - logsums) * _factors(scores, rate, stream, key, step)
    return _joined(seen_by_product(weights, rounded) @ values), logsums[..., 0].swapaxes(1, 2)


def attention_gradient(
    dy: np.ndarray,
    qkv: np.ndarray,
    y: np.ndarray,
    logsums: np.ndarray,
    *lengths: np.ndarray,
    heads: int,
    groups: int,
    causal: int,
    scale: float,
    rate: float,
    stream: int,
    key: int,
    rounded: int,
    step: StepRecord,
) -> np.ndarray:
    """dqkv."""
    xp = namespace(dy)
    queries, keys, values = _heads_of(qkv, heads, groups)
    upstream, given = _apart(dy, heads), _apart(y, heads)
    scores = _scores(queries, keys, *lengths, causal=causal, scale=scale)
    p = xp.exp(scores - logsums.swapaxes(1, 2)[..., None])
    factors = _factors(scores, rate, stream, key, step)
    slopes = factors * (upstream @ values.swapaxes(2, 3)) - (upstream * given).sum(axis=-1, keepdims=True)
    slopes = seen_by_product(p * slopes * scale, rounded)
    dvalues = seen_by_product(p * factors, rounded).swapaxes(2, 3) @ upstream
    dkeys = slopes.swapaxes(2, 3) @ queries
    parts = slopes @ keys, _of_groups(dkeys, groups), _of_groups(dvalues, groups)
    return xp.concatenate([_joined(part) for part in parts], axis=-1)


def _factors(scores: np.ndarray, rate: float, stream: int, key: int, step: StepRecord) -> np.ndarray | int:
    """What the weights of scores (B, heads, T, T) are multiplied by: 1, or with a rate 0 or 1 / (1 − rate)."""
    if rate == 0:
        return 1
    samples, heads, steps, _ = scores.shape
    bits = pair_bits(samples, heads, steps, key=key, stream=stream, step=step.step, position=step.position)
    return factors_of(bits, rate).astype(scores.dtype)


def cached_attention(
    qkv: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    *,
    heads: int,
    groups: int,
    scale: float,
    context: int,
    rounded: int,
    step: StepRecord,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(y (B, 1, heads · D), keys, values) with the keys and values (B, context, groups · D) of the step's position."""
    xp = namespace(qkv)
    width, row, samples = keys.shape[2] // groups, min(step.position, context - 1), len(qkv)
    new = qkv[:, :, heads * width : (heads + groups) * width], qkv[:, :, (heads + groups) * width :]
    known = [
        xp.concatenate([old[:samples, :row], added], axis=1) for old, added in zip((keys, values), new, strict=True)
    ]
    seen = [xp.repeat(_apart(x, groups), heads // groups, axis=1) for x in known]
    scores = _apart(qkv[..., : heads * width], heads) @ seen[0].swapaxes(2, 3) * scale
    powers = xp.exp(scores - scores.max(axis=-1, keepdims=True))
    kept = [
        xp.concatenate([xp.concatenate([x, old[:samples, row + 1 :]], axis=1), old[samples:]], axis=0)
        for x, old in zip(known, (keys, values), strict=True)
    ]
    weights = seen_by_product(powers / powers.sum(axis=-1, keepdims=True), rounded)
    return _joined(weights @ seen[1]), *kept


def _heads_of(qkv: np.ndarray, heads: int, groups: int) -> tuple[np.ndarray, ...]:
    """Queries, keys and values, each (B, heads, T, D)."""
    xp = namespace(qkv)
    every = _apart(qkv, heads + 2 * groups)
    shared = every[:, heads : heads + groups], every[:, heads + groups :]
    return every[:, :heads], *(xp.repeat(each, heads // groups, axis=1) for each in shared)


def _apart(x: np.ndarray, heads: int) -> np.ndarray:
    """(B, heads, T, D) of (B, T, heads · D)."""
    samples, steps, channels = x.shape
    return x.reshape(samples, steps, heads, channels // heads).swapaxes(1, 2)


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
