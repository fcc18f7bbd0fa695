"""Attention, and that of one step to what came before, whose place is known only when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels import reference
from dltool.kernels.xla import attention_kernel
from dltool.kernels.xla.bfloat16 import seen_by_product, widened

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def attention(
    qkv: jax.Array, *lengths: jax.Array, heads: int, groups: int, causal: int, scale: float, rate: float, **dropped: Any
) -> tuple[jax.Array, jax.Array]:
    """(y, logsums): y = (softmax(scale · q · kᵀ) · factors) · v over the steps that a step sees."""
    if not attention_kernel.suits(qkv.shape[2] // (heads + 2 * groups), rate):
        shape = {"heads": heads, "groups": groups, "causal": causal, "scale": scale}
        return reference.find("attention")(widened(qkv), *lengths, **shape, rate=rate, **dropped)
    shape = attention_kernel.Shape(heads, groups, causal, scale, qkv.shape[1])
    return attention_kernel.forward(qkv, lengths[0] if lengths else None, shape)


def attention_gradient(
    dy: jax.Array,
    qkv: jax.Array,
    y: jax.Array,
    logsums: jax.Array,
    *lengths: jax.Array,
    heads: int,
    groups: int,
    causal: int,
    scale: float,
    rate: float,
    **dropped: Any,
) -> jax.Array:
    """dqkv."""
    if not attention_kernel.suits(qkv.shape[2] // (heads + 2 * groups), rate):
        shape = {"heads": heads, "groups": groups, "causal": causal, "scale": scale}
        return reference.find("attention_gradient")(
            widened(dy), widened(qkv), y, logsums, *lengths, **shape, rate=rate, **dropped
        )
    shape = attention_kernel.Shape(heads, groups, causal, scale, qkv.shape[1])
    return attention_kernel.backward(dy, qkv, y, logsums, lengths[0] if lengths else None, shape)


def cached_attention(
    qkv: jax.Array,
    keys: jax.Array,
    values: jax.Array,
    *,
    heads: int,
    groups: int,
    scale: float,
    context: int,
    rounded: int,
    step: StepRecord,
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """(y (B, 1, heads · D), keys, values) with the keys and values (B, context, groups · D) of the step's position."""
    qkv = widened(qkv)
    samples, width, row = len(qkv), keys.shape[2] // groups, jnp.minimum(step.position, context - 1)
    query, key, value = jnp.split(qkv, [heads * width, (heads + groups) * width], axis=-1)
    keys, values = (lax.dynamic_update_slice(old, new, (0, row, 0)) for old, new in ((keys, key), (values, value)))
    queries = query.reshape(samples, groups, heads // groups, width)
    known, given = (x[:samples].reshape(samples, context, groups, width) for x in (keys, values))
    scores = jnp.einsum("bghd,btgd->bght", queries, known) * scale
    shares = jax.nn.softmax(jnp.where(jnp.arange(context) <= row, scores, -jnp.inf), axis=-1)
    shares = widened(seen_by_product(shares, rounded))
    return jnp.einsum("bght,btgd->bghd", shares, given).reshape(samples, 1, heads * width), keys, values
