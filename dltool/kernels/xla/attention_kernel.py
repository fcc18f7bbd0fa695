"""Attention as kernels of a GPU, which hold tiles of scores close by and never write them to memory.

Dao et al., FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness, 2022. qkv (B, T,
(heads + 2 · groups) · D), y and dy (B, T, heads · D), logsums (B, T, heads), lengths (B,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.xla.bfloat16 import widened
from dltool.kernels.xla.gpu import FROM_SHARED, capability, fits

#: steps of a tile of scores, in both directions
TILE = 64
#: channels of a head that the kernels take
WIDTHS = (16, 32, 64, 128)
#: bytes of shared memory for each channel, where products read their operands there and elsewhere
NEEDED_SHARED, NEEDED = 2050, 1284
#: groups of 32 threads of a tile
WARPS = 4


def suits(channels: int, rate: float) -> bool:
    """Whether these kernels can be used for heads of this width, and are faster than XLA's products."""
    share = NEEDED_SHARED if capability()[0] in FROM_SHARED else NEEDED
    return channels in WIDTHS and rate == 0 and fits(share * channels)


@dataclass(frozen=True)
class Shape:
    """What the kernels need to know of an attention."""

    heads: int
    groups: int
    causal: int
    scale: float
    steps: int

    def block(self, refs: tuple[Any, ...], rows: Any, columns: Any, length: Any, *, transposed: bool) -> Any:
        """The scaled scores of some rows of queries and some of keys, −∞ where a step is not seen."""
        first, second = refs if not transposed else refs[::-1]
        scores = _dot(first, second.T) * self.scale
        row, column = (rows[None, :], columns[:, None]) if transposed else (rows[:, None], columns[None, :])
        seen = (column < length) & (row < self.steps)
        return jnp.where(seen & (column <= row) if self.causal else seen, scores, -jnp.inf)


def forward(
    qkv: jax.Array, lengths: jax.Array | None, shape: Shape, *, interpret: bool = False
) -> tuple[jax.Array, jax.Array]:
    """(y, logsums); `interpret` runs it on a processor."""
    from jax.experimental import pallas

    qkv, lengths, tiles = _whole_tiles(qkv), _lengths(qkv, lengths), -(-shape.steps // TILE)
    width = qkv.shape[2] // (shape.heads + 2 * shape.groups)

    def kernel(q_ref: Any, k_ref: Any, v_ref: Any, length_ref: Any, y_ref: Any, logsum_ref: Any) -> None:
        tile, length, q = pallas.program_id(2), length_ref[0], q_ref[...]
        rows = tile * TILE + jnp.arange(TILE)

        def turn(j: Any, state: Any) -> Any:
            largest, total, mean = state
            part = pallas.ds(j * TILE, TILE)
            scores = shape.block((q, k_ref[part, :]), rows, j * TILE + jnp.arange(TILE), length, transposed=False)
            now = jnp.maximum(largest, scores.max(axis=1))
            p, kept = jnp.exp(scores - now[:, None]), jnp.exp(largest - now)
            return now, total * kept + p.sum(axis=1), mean * kept[:, None] + _dot(p, v_ref[part, :])

        begin = jnp.full(TILE, -1e30), jnp.zeros(TILE), jnp.zeros((TILE, width))
        largest, total, mean = lax.fori_loop(0, tile + 1 if shape.causal else tiles, turn, begin)
        total = jnp.maximum(total, 1e-30)  # rows that fill up the last tile see nothing
        y_ref[...] = mean / total[:, None]
        logsum_ref[...] = largest + jnp.log(total)

    of_q = pallas.BlockSpec((None, TILE, width), lambda b, h, i: (b, i, h))
    y, logsums = pallas.pallas_call(
        kernel,
        grid=(len(qkv), shape.heads, tiles),
        in_specs=[of_q, *_keys_and_values(shape, tiles * TILE, width), pallas.BlockSpec((1,), lambda b, h, i: (b,))],
        out_specs=[of_q, pallas.BlockSpec((None, None, TILE), lambda b, h, i: (b, h, i))],
        out_shape=[
            jax.ShapeDtypeStruct((len(qkv), tiles * TILE, shape.heads * width), jnp.float32),
            jax.ShapeDtypeStruct((len(qkv), shape.heads, tiles * TILE), jnp.float32),
        ],
        compiler_params=_parameters(),
        interpret=interpret,
    )(qkv, qkv, qkv, lengths)
    return y[:, : shape.steps], logsums[..., : shape.steps].swapaxes(1, 2)


def backward(
    dy: jax.Array,
    qkv: jax.Array,
    y: jax.Array,
    logsums: jax.Array,
    lengths: jax.Array | None,
    shape: Shape,
    *,
    interpret: bool = False,
) -> jax.Array:
    """dqkv; each tile is that of some queries first, then of some keys and values, so that no two add to one place."""
    from jax.experimental import pallas

    lengths, tiles = _lengths(qkv, lengths), -(-shape.steps // TILE)
    width = qkv.shape[2] // (shape.heads + 2 * shape.groups)
    products = (widened(dy) * y).reshape(*dy.shape[:2], shape.heads, width).sum(axis=-1)
    sums = [_whole_tiles(each).swapaxes(1, 2) for each in (logsums, products)]
    dy, qkv = _whole_tiles(dy), _whole_tiles(qkv)

    def kernel(
        q_ref: Any, k_ref: Any, v_ref: Any, dy_ref: Any, logsum_ref: Any, product_ref: Any, length_ref: Any, d_ref: Any
    ) -> None:
        tile, length = pallas.program_id(2), length_ref[0]
        own = pallas.ds(tile * TILE, TILE)
        places = tile * TILE + jnp.arange(TILE)
        q, k, v, upstream = (ref[own, :] for ref in (q_ref, k_ref, v_ref, dy_ref))
        logsum, product = logsum_ref[own], product_ref[own]

        def as_queries(j: Any, dq: Any) -> Any:
            part = pallas.ds(j * TILE, TILE)
            keys = k_ref[part, :]
            scores = shape.block((q, keys), places, j * TILE + jnp.arange(TILE), length, transposed=False)
            slopes = _dot(upstream, v_ref[part, :].T) - product[:, None]
            return dq + _dot(jnp.exp(scores - logsum[:, None]) * slopes * shape.scale, keys)

        def as_keys(i: Any, state: Any) -> Any:
            dk, dv = state
            part = pallas.ds(i * TILE, TILE)
            queries, given = q_ref[part, :], dy_ref[part, :]
            scores = shape.block((queries, k), i * TILE + jnp.arange(TILE), places, length, transposed=True)
            p = jnp.exp(scores - logsum_ref[part][None, :])
            slopes = p * (_dot(v, given.T) - product_ref[part][None, :]) * shape.scale
            return dk + _dot(slopes, queries), dv + _dot(p, given)

        zeros = jnp.zeros((TILE, width))
        d_ref[:, 0, :] = lax.fori_loop(0, tile + 1 if shape.causal else tiles, as_queries, zeros)
        first = tile if shape.causal else 0
        d_ref[:, 1, :], d_ref[:, 2, :] = lax.fori_loop(first, tiles, as_keys, (zeros, zeros))

    every = tiles * TILE
    of_heads = pallas.BlockSpec((None, every, width), lambda b, h, i: (b, 0, h))
    of_sums = pallas.BlockSpec((None, None, every), lambda b, h, i: (b, h, 0))
    parts = pallas.pallas_call(
        kernel,
        grid=(len(qkv), shape.heads, tiles),
        in_specs=[
            of_heads,
            *_keys_and_values(shape, every, width),
            of_heads,
            of_sums,
            of_sums,
            pallas.BlockSpec((1,), lambda b, h, i: (b,)),
        ],
        out_specs=pallas.BlockSpec((None, TILE, 3, width), lambda b, h, i: (b, i, 0, h)),
        out_shape=jax.ShapeDtypeStruct((len(qkv), every, 3, shape.heads * width), jnp.float32),
        compiler_params=_parameters(),
        interpret=interpret,
    )(qkv, qkv, qkv, dy, *sums, lengths)[:, : shape.steps]
    if shape.groups == shape.heads:
        return parts.reshape(len(qkv), shape.steps, -1)
    shared = parts[:, :, 1:].reshape(len(qkv), shape.steps, 2, shape.groups, -1, width).sum(axis=4)
    return jnp.concatenate([parts[:, :, 0], shared.reshape(len(qkv), shape.steps, -1)], axis=-1)


def _keys_and_values(shape: Shape, steps: int, width: int) -> list[Any]:
    """All keys and all values of a head, which lie behind the queries of all heads."""
    from jax.experimental import pallas

    share, heads, groups = shape.heads // shape.groups, shape.heads, shape.groups
    keys = pallas.BlockSpec((None, steps, width), lambda b, h, i: (b, 0, heads + h // share))
    values = pallas.BlockSpec((None, steps, width), lambda b, h, i: (b, 0, heads + groups + h // share))
    return [keys, values]


def _dot(x: Any, y: Any) -> Any:
    """x · y in float32; x is rounded where y is."""
    return jnp.dot(x.astype(y.dtype), y, preferred_element_type=jnp.float32)


def _lengths(qkv: jax.Array, lengths: jax.Array | None) -> jax.Array:
    """How many steps of each sample are seen, at least one."""
    if lengths is None:
        return jnp.full(len(qkv), qkv.shape[1], jnp.int32)
    return jnp.maximum(lengths.reshape(len(qkv)), 1).astype(jnp.int32)


def _whole_tiles(x: jax.Array) -> jax.Array:
    """x (B, T, …) with zeros after the last step, up to a whole number of tiles."""
    return jnp.pad(x, ((0, 0), (0, -x.shape[1] % TILE), *((0, 0) for _ in x.shape[2:])))


def _parameters() -> Any:
    from jax.experimental.pallas import triton

    return triton.CompilerParams(num_warps=WARPS, num_stages=2)
