"""Sums over vectors that lie together or evenly apart, in interleaved chains whose order is fixed."""

from __future__ import annotations

from dltool.kernels.cpu.vector import constant, fma, load
from dltool.kernels.records import LANES


def column_sums(x, count):
    """Σ over `count` contiguous vectors."""
    return spaced_sums(x, count, 1)


def column_products(x, y, count):
    """Σ over `count` contiguous vectors of x · y."""
    return spaced_products(x, y, count, 1)


def spaced_sums(x, count, distance):
    """Σ over `count` vectors that are `distance` vectors apart, in four interleaved chains whose order is fixed."""
    first, second, third, fourth = constant(0), constant(0), constant(0), constant(0)
    apart, whole = distance * LANES, count // 4 * 4
    for i in range(0, whole, 4):
        first = first + load(x, i * apart)
        second = second + load(x, (i + 1) * apart)
        third = third + load(x, (i + 2) * apart)
        fourth = fourth + load(x, (i + 3) * apart)
    for i in range(whole, count):
        first = first + load(x, i * apart)
    return (first + second) + (third + fourth)


def spaced_products(a, b, count, distance):
    """Σ of the products of `count` pairs of vectors, in two chains."""
    even, odd, apart = constant(0), constant(0), distance * LANES
    for i in range(0, count - 1, 2):
        even = fma(load(a, i * apart), load(b, i * apart), even)
        odd = fma(load(a, (i + 1) * apart), load(b, (i + 1) * apart), odd)
    if count % 2:
        even = fma(load(a, (count - 1) * apart), load(b, (count - 1) * apart), even)
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
