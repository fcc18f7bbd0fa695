"""Sums over contiguous vectors, in interleaved chains whose order is fixed."""

from __future__ import annotations

from dltool.kernels.cpu.vector import constant, fma, load
from dltool.kernels.records import LANES


def column_sums(x, count):
    """Σ over `count` contiguous vectors, in four interleaved chains whose order is fixed."""
    first, second, third, fourth = constant(0), constant(0), constant(0), constant(0)
    whole = count // 4 * 4
    for row in range(0, whole, 4):
        first = first + load(x, row * LANES)
        second = second + load(x, (row + 1) * LANES)
        third = third + load(x, (row + 2) * LANES)
        fourth = fourth + load(x, (row + 3) * LANES)
    for row in range(whole, count):
        first = first + load(x, row * LANES)
    return (first + second) + (third + fourth)


def column_products(x, y, count):
    """Σ over `count` contiguous vectors of x · y."""
    even, odd = constant(0), constant(0)
    for row in range(0, count - 1, 2):
        even = fma(load(x, row * LANES), load(y, row * LANES), even)
        odd = fma(load(x, (row + 1) * LANES), load(y, (row + 1) * LANES), odd)
    if count % 2:
        even = fma(load(x, (count - 1) * LANES), load(y, (count - 1) * LANES), even)
    return even + odd


def squared_distances(x, center, count):
    """Σ (x - center)² over `count` contiguous vectors, in four interleaved chains whose order is fixed."""
    first, second, third, fourth = constant(0), constant(0), constant(0), constant(0)
    whole = count // 4 * 4
    for row in range(0, whole, 4):
        one, two = load(x, row * LANES) - center, load(x, (row + 1) * LANES) - center
        three, four = load(x, (row + 2) * LANES) - center, load(x, (row + 3) * LANES) - center
        first, second = fma(one, one, first), fma(two, two, second)
        third, fourth = fma(three, three, third), fma(four, four, fourth)
    for row in range(whole, count):
        one = load(x, row * LANES) - center
        first = fma(one, one, first)
    return (first + second) + (third + fourth)
