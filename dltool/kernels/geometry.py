"""Where the windows of a convolution or a pool lie. The same functions serve planning, in Python, and the kernels.

y[i, j] sees x[i · stride − top + k · dilation, …] for every tap k of the kernel. A series has height 1.
"""

from __future__ import annotations

from typing import NamedTuple


class Geometry(NamedTuple):
    """Sizes of the input x, of the output y and of the kernel, and how the kernel moves over x."""

    height: int = 1
    width: int = 1
    out_height: int = 1
    out_width: int = 1
    kernel_height: int = 1
    kernel_width: int = 1
    stride_height: int = 1
    stride_width: int = 1
    dilation_height: int = 1
    dilation_width: int = 1
    top: int = 0
    left: int = 0


def taps(g):
    """Taps of the kernel."""
    return g.kernel_height * g.kernel_width


def is_pointwise(g):
    """Whether every output sees the pixel in its own place and nothing else.

    Equal sizes do not tell: with stride and padding, as many outputs can see other pixels, or zeros.
    """
    in_place = g.stride_height * g.stride_width == 1 and g.top == 0 and g.left == 0
    return taps(g) == 1 and in_place and g.height == g.out_height and g.width == g.out_width


def as_one_line(g):
    """The same windows, as pixels of a single line where every output sees the pixel in its own place alone."""
    if not is_pointwise(g):
        return g
    return Geometry(1, g.height * g.width, 1, g.out_height * g.out_width)


def covered(g):
    """Height and width of what all windows cover, padding included."""
    height = (g.out_height - 1) * g.stride_height + (g.kernel_height - 1) * g.dilation_height + 1
    return height, (g.out_width - 1) * g.stride_width + (g.kernel_width - 1) * g.dilation_width + 1


def margins(g):
    """Rows and columns of zeros before y in the backward pass, and the height and width of y with them."""
    above = max(0, ((g.kernel_height - 1) * g.dilation_height - g.top) // g.stride_height)
    before = max(0, ((g.kernel_width - 1) * g.dilation_width - g.left) // g.stride_width)
    height = max(g.out_height, (g.height - 1 + g.top) // g.stride_height + 1)
    return above, before, above + height, before + max(g.out_width, (g.width - 1 + g.left) // g.stride_width + 1)
