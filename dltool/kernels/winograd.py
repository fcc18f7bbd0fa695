"""Convolution with fewer multiplications: a tile of outputs from products at a few points (Winograd, Toom and Cook).

A line of inputs and a kernel are polynomials. Their product of degree POINTS - 1 is known from its values at POINTS
points, each the product of two values, so `POINTS + 1 - kernel` outputs side by side take POINTS multiplications
instead of (POINTS + 1 - kernel) · kernel. Images take both axes at once.

The points 0, ±√½, ±√2 and infinity keep the numbers small: over both axes the error of a float32 output is about 5
times that of adding the products directly, 1e-6 of the largest output (Lavin's 0, ±1, ±2 and infinity: 7e-6).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dltool.kernels.geometry import Geometry

POINTS = 6
#: sizes of a kernel, along one axis, for which there are tiles
KERNELS = (3, 5)
#: tiles that are worked on together, unless one row of tiles has more
TILES = 32
#: blocks of 16 outputs whose weight gradients are added up together
BAND = 4
#: pixels of dy up to which gradients that are 0 are found channel by channel
SMALL = 36
_FINITE = (0.0, 0.5**0.5, -(0.5**0.5), 2**0.5, -(2**0.5))


class Matrices(NamedTuple):
    """outputs = output (m, POINTS) · ((weight (POINTS, kernel) · kernel) ⊙ (input (POINTS, POINTS) · inputs))."""

    output: np.ndarray
    weight: np.ndarray
    input: np.ndarray


def matrices(kernel: int) -> Matrices:
    """The transforms along one axis for a kernel of some size; those of a kernel of 1 change nothing."""
    if kernel == 1:
        return Matrices(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)))
    tile = tile_size(kernel)
    output, weight, inputs = np.zeros((tile, POINTS)), np.zeros((POINTS, kernel)), np.zeros((POINTS, POINTS))
    for i, point in enumerate(_FINITE):
        others = [other for other in _FINITE if other != point]
        output[:, i] = point ** np.arange(tile)
        weight[i] = point ** np.arange(kernel) / np.prod([point - other for other in others])
        inputs[i, :-1] = np.poly(others)[::-1]
    output[-1, -1] = weight[-1, -1] = 1
    inputs[-1] = np.poly(_FINITE)[::-1]
    return Matrices(output, weight, np.where(abs(inputs) < 1e-12, 0, inputs))


def tile_size(kernel: int) -> int:
    """Outputs of a tile along one axis."""
    return 1 if kernel == 1 else POINTS + 1 - kernel


def points(kernel: int) -> int:
    """Points along one axis."""
    return 1 if kernel == 1 else POINTS


def is_tileable(g):
    """Whether there are tiles for the kernel, which must move by one and begin within reach of the image."""
    unmoved = g.stride_height == g.stride_width == g.dilation_height == g.dilation_width == 1
    sizes = g.kernel_width in KERNELS and g.kernel_height in (1, *KERNELS)
    return unmoved and sizes and 0 <= g.top < g.kernel_height and 0 <= g.left < g.kernel_width


def turned(g: Geometry) -> Geometry:
    """The data gradient as a convolution with the rotated kernel."""
    return g._replace(
        height=g.out_height, width=g.out_width, out_height=g.height, out_width=g.width,
        top=g.kernel_height - 1 - g.top, left=g.kernel_width - 1 - g.left,
    )  # fmt: skip


def tile_sizes(g):
    """Height and width of a tile of outputs."""
    return tile_size(g.kernel_height), tile_size(g.kernel_width)


def window_sizes(g):
    """Height and width of the inputs that a tile sees, and of what becomes of them: points along both axes."""
    return points(g.kernel_height), points(g.kernel_width)


def tile_counts(g):
    """Rows of tiles of an image, and tiles of a row."""
    down, right = tile_sizes(g)
    return -(-g.out_height // down), -(-g.out_width // right)


def rows_together(across):
    """Rows of `across` tiles that are worked on together."""
    return max(1, TILES // across)


def line_width(g):
    """Columns that the tiles of a row see, and those of x beside them."""
    _, right = tile_sizes(g)
    _, seen_width = window_sizes(g)
    _, across = tile_counts(g)
    return max((across - 1) * right + seen_width, g.left + g.width)


def output_width(g):
    """Columns of the tiles of a row of y, and one more: points then do not fall on the same lines of the cache."""
    _, right = tile_sizes(g)
    _, across = tile_counts(g)
    return across * right + 1
