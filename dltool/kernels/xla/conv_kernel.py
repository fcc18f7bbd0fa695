"""Gradients of the weights of convolutions as one kernel of a GPU.

Libraries for GPUs reach the same bits each time only by detours where there are few channels and many pixels. Here each
block of threads sums over pixels of its own, in their order, and the sums of all blocks are added afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.xla.gpu import fits, shared_memory

#: most channels of one block of threads
CHANNELS = 64
#: blocks of threads that keep a GPU busy, and numbers that all of them should leave at most
BLOCKS, NUMBERS = 512, 1 << 20
#: groups of 32 threads, and pixels that are on their way
WARPS, STAGES = 4, 3

Geometry = Mapping[str, int]


@dataclass(frozen=True)
class Form:
    """What becomes of the channels of some pixels of x and of dy."""

    pixels: int
    multiply: Callable[[Any, Any], Any]  # added up over the pixels that follow
    finish: Callable[[Any], Any]


DENSE = Form(64, lambda x, dy: jnp.dot(x.T, dy, preferred_element_type=jnp.float32), lambda total: total)
DEPTHWISE = Form(32, lambda x, dy: x * dy, lambda total: total.sum(axis=0, keepdims=True))


def suits(x: jax.Array, dy: jax.Array, width: int) -> bool:
    """Whether `weight_gradient` can be used for kernels of this width, and is faster than XLA's."""
    few = max(x.shape[-1], dy.shape[-1]) <= CHANNELS and dy.size // dy.shape[-1] >= BLOCKS * 8
    return few and fits(_needed(DENSE, _widths(x, dy), width))


def weight_gradient(x: jax.Array, dy: jax.Array, geometry: Geometry, *, interpret: bool = False) -> jax.Array:
    """dw (kh, kw, C, N) of x (B, H, W, C) and dy (B, h, w, N); `interpret` runs it on a processor."""
    return _summed(DENSE, x, dy, geometry, _widths(x, dy), interpret)[..., : x.shape[-1], : dy.shape[-1]]


def weight_gradient_by_channel(
    x: jax.Array, dy: jax.Array, geometry: Geometry, *, interpret: bool = False
) -> jax.Array:
    """dw (kh, kw, 1, C) of x (B, H, W, C) and dy (B, h, w, C); `interpret` runs it on a processor."""
    channels = min(CHANNELS, _power_of_two(x.shape[-1]))
    return _summed(DEPTHWISE, x, dy, geometry, (channels, channels), interpret)[..., : x.shape[-1]]


def _summed(
    form: Form, x: jax.Array, dy: jax.Array, geometry: Geometry, channels: tuple[int, int], interpret: bool
) -> jax.Array:
    """The sums (kh, kw, …) over all pixels, of as many `channels` of x and of dy at a time."""
    from jax.experimental import pallas
    from jax.experimental.pallas import triton

    height, width = geometry["kernel_height"], geometry["kernel_width"]
    groups = -(-x.shape[-1] // channels[0])
    seen, given = (jax.ShapeDtypeStruct((form.pixels, count), jnp.float32) for count in channels)
    sums = jax.eval_shape(form.multiply, seen, given).shape
    left = jax.eval_shape(form.finish, jax.ShapeDtypeStruct(sums, jnp.float32)).shape
    pixels = dy.size // dy.shape[-1]
    turns = -(-pixels // form.pixels)
    turns = -(-turns // max(1, min(BLOCKS // (height * groups), NUMBERS // (height * width * groups * prod(left)))))

    def kernel(x_ref: Any, dy_ref: Any, out_ref: Any) -> None:
        block, row, group = (pallas.program_id(axis) for axis in range(3))
        depth, columns = (group * count + jnp.arange(count) for count in channels)
        load = partial(_load, triton)

        def turn(i: Any, totals: Any) -> Any:
            pixel = (block * turns + i) * form.pixels + jnp.arange(form.pixels)
            upstream = load(dy_ref, pixel, pixel < pixels, columns)
            taps = [load(x_ref, *_seen(pixel, pixels, row, column, geometry), depth) for column in range(width)]
            return tuple(total + form.multiply(tap, upstream) for total, tap in zip(totals, taps, strict=True))

        zeros = tuple(jnp.zeros(sums, jnp.float32) for _ in range(width))
        for column, total in enumerate(lax.fori_loop(0, turns, turn, zeros)):
            out_ref[0, 0, column] = form.finish(total)

    blocks = -(-pixels // (form.pixels * turns))
    stages = max(1, min(STAGES, shared_memory() // _needed(form, channels, width)))
    parts = pallas.pallas_call(
        kernel,
        grid=(blocks, height, groups),
        in_specs=[pallas.BlockSpec(memory_space=pallas.ANY)] * 2,
        out_specs=pallas.BlockSpec((1, 1, width, *left), lambda block, row, group: (block, row, 0, 0, group)),
        out_shape=jax.ShapeDtypeStruct((blocks, height, width, left[0], groups * left[1]), jnp.float32),
        compiler_params=triton.CompilerParams(num_warps=WARPS, num_stages=stages),
        interpret=interpret,
    )(x.reshape(-1, x.shape[-1]), dy.reshape(-1, dy.shape[-1]))
    return parts.sum(axis=0)


def _widths(x: jax.Array, dy: jax.Array) -> tuple[int, int]:
    """The channels of x and of dy, filled up to what products take."""
    return max(16, _power_of_two(x.shape[-1])), max(16, _power_of_two(dy.shape[-1]))


def _needed(form: Form, channels: tuple[int, int], width: int) -> int:
    """Bytes of shared memory for the pixels of one turn."""
    return 4 * form.pixels * (width * channels[0] + channels[1])


def _seen(pixel: Any, pixels: int, row: Any, column: int, geometry: Geometry) -> tuple[Any, Any]:
    """Which pixels of x a tap of the kernel sees from pixels of dy, and whether there are such."""
    below, j = pixel // geometry["out_width"], pixel % geometry["out_width"]
    image, i = below // geometry["out_height"], below % geometry["out_height"]
    y = i * geometry["stride_height"] + row * geometry["dilation_height"] - geometry["top"]
    x = j * geometry["stride_width"] + column * geometry["dilation_width"] - geometry["left"]
    inside = (y >= 0) & (y < geometry["height"]) & (x >= 0) & (x < geometry["width"]) & (pixel < pixels)
    return (image * geometry["height"] + y) * geometry["width"] + x, inside


def _load(triton: Any, ref: Any, pixel: Any, there: Any, channel: Any) -> Any:
    """Some channels of some pixels, and zeros where there are none."""
    mask = there[:, None] & (channel < ref.shape[-1])[None]
    return triton.load(ref.at[jnp.where(there, pixel, 0)[:, None], channel[None]], mask=mask, other=0.0)


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()
