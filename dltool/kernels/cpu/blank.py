"""Where only zeros meet: a convolution by way of points would leave rounding errors of its tiles there.

A direct convolution adds up products with 0, which are 0 exactly. A relu then passes no gradient, and an optimizer like
Adam, which looks at the sign of a gradient rather than its size, leaves the weight as it is.
"""

from __future__ import annotations

from numpy import float32, uint32

from dltool.kernels.cpu.arguments import at, blocks, channels, rows, word_pointer
from dltool.kernels.cpu.image import clear, sizes, steps
from dltool.kernels.cpu.lanes import any_lane
from dltool.kernels.cpu.vector import inlined, load, splat, store
from dltool.kernels.records import ADDRESS, LANES, OPERAND


@inlined
def find_blank_windows(a, sample, first, count, flags):
    """Whether some windows of `count` rows of y, from one on, see nothing but zeros; if so, `flags` tells of each."""
    _, _, _, out_width, _, _ = sizes(a)
    if not _may_see_zeros(a, sample, first, count):
        return False
    for i in range(count):
        for j in range(out_width):
            flags[i * out_width + j] = float32(1) if _sees_zeros(a, sample, first + i, j) else float32(0)
    return True


@inlined
def write_flagged(out, flags, count, value):
    """`value` to those of `count` pixels that have a flag."""
    for pixel in range(count):
        if flags[pixel] > float32(0):
            store(out, pixel * LANES, value)


@inlined
def clear_idle_taps(a, samples, part, columns):
    """Zero the gradients of the taps through which no pixel of x meets one of dy, in so many blocks of N."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    width = channels(a, 0)
    for k in range(kernel_height):
        for m in range(kernel_width):
            if not _meet(a, samples, k, m):
                for j in range(columns):
                    clear(at(part, j * rows(a, 2) + (k * kernel_width + m) * width), width)


@inlined
def _is_blank(a, operand, pixel):
    """Whether all channels of a pixel of an operand are 0; NaN is not."""
    bits = word_pointer(a[operand * OPERAND + ADDRESS])
    for block in range(blocks(a, operand)):
        unsigned = load(bits, (block * rows(a, operand) + pixel) * LANES) << splat(uint32(1))
        if any_lane(unsigned > splat(uint32(0))):
            return False
    return True


@inlined
def _is_blank_or_outside(a, sample, row, column):
    """Likewise of a pixel of x, or of the zeros around it."""
    height, width, _, _, _, _ = sizes(a)
    if row < 0 or row >= height or column < 0 or column >= width:
        return True
    return _is_blank(a, 0, (sample * height + row) * width + column)


@inlined
def _sees_zeros(a, sample, i, j):
    """Whether the window of a pixel of y sees nothing but zeros."""
    height, width, _, _, kernel_height, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    for row in range(max(0, i - top), min(height, i - top + kernel_height)):
        for column in range(max(0, j - left), min(width, j - left + kernel_width)):
            if not _is_blank(a, 0, (sample * height + row) * width + column):
                return False
    return True


@inlined
def _may_see_zeros(a, sample, first, count):
    """Whether windows of `count` rows of y might see nothing but zeros, by pixels so far apart that each sees one."""
    height, width, _, out_width, kernel_height, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    for i in range(-(-count // kernel_height)):
        row = min((i + 1) * kernel_height - 1 + first - top, height - 1)
        for j in range(-(-out_width // kernel_width)):
            if _lies_among_zeros(a, sample, row, min((j + 1) * kernel_width - 1 - left, width - 1)):
                return True
    return False


@inlined
def _lies_among_zeros(a, sample, row, column):
    """Whether a pixel is blank, and one beside it, and one above or below it where the kernel reaches there."""
    _, _, _, _, kernel_height, _ = sizes(a)
    if not _is_blank_or_outside(a, sample, row, column):
        return False
    beside = _is_blank_or_outside(a, sample, row, column - 1) or _is_blank_or_outside(a, sample, row, column + 1)
    if not beside or kernel_height == 1:
        return beside
    return _is_blank_or_outside(a, sample, row - 1, column) or _is_blank_or_outside(a, sample, row + 1, column)


@inlined
def _meet(a, samples, k, m):
    """Whether through a tap some pixel of x that is not blank meets one of dy, in any of the samples."""
    height, width, out_height, out_width, _, _ = sizes(a)
    _, _, _, _, top, left = steps(a)
    for sample in range(samples[0], samples[1]):
        for i in range(max(0, top - k), min(out_height, height + top - k)):
            for j in range(max(0, left - m), min(out_width, width + left - m)):
                seen = (sample * height + i - top + k) * width + j - left + m
                if not (_is_blank(a, 1, (sample * out_height + i) * out_width + j) or _is_blank(a, 0, seen)):
                    return True
    return False
