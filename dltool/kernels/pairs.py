"""Words of two numbers in bfloat16: how many an axis has, for planning, in Python, and for the kernels."""

from __future__ import annotations

from dltool.kernels.records import LANES


def pairs(count):
    """Words that hold `count` numbers."""
    return (count + 1) // 2


def depth_words(count):
    """Words that hold `count` numbers which a product adds up: whole blocks of 16 where one block is too small."""
    words = (count + 1) // 2
    return words if words <= LANES else whole_words(count)


def whole_words(count):
    """The same, of whole blocks in any case."""
    return (count + 2 * LANES - 1) // (2 * LANES) * LANES
