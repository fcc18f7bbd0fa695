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
