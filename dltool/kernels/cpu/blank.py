"""Exact zeros: where a window is all zero, a Winograd convolution would leave the rounding errors of its tiles.

A direct convolution adds up products with 0, which are 0 exactly. A relu then passes no gradient, and an optimizer like
Adam, which looks at the sign of a gradient rather than its size, leaves the weight as it is.
"""

from __future__ import annotations

from numpy import float32, uint32

from dltool.kernels.cpu.lanes import any_lane, get_word, used_lanes
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import clear_vectors, constant, floats_as_bits, load, select, splat, store
from dltool.kernels.geometry import taps
from dltool.kernels.records import LANES
from dltool.kernels.winograd import SMALL


def find_blank_windows(g, x, sample, first, count, flags):
    """Whether some windows of `count` rows of y, from one on, see nothing but zeros; if so, `flags` tells of each."""
    if not _may_see_zeros(g, x, sample, first, count):
        return False
    for i in range(count):
        _flag_row(g, x, sample, first + i, advance(flags, i * g.out_width))
    return True


def write_flagged(out, flags, count, value):
    """`value` to those of `count` pixels that have a flag."""
    for pixel in range(count):
        if flags[pixel] > float32(0):
            store(out, pixel * LANES, value)


def clear_idle_taps(g, x, dy, dw_rows, samples, first, count, part):
    """Zero the gradients of the taps through which no pixel of x meets one of dy, in `count` blocks of N from one on.

    On small images single channels are looked at, too: all that comes back to one may lie at the border.
    """
    for tap in range(taps(g)):
        if not _meet(g, x, dy, samples, tap):
            for j in range(count):
                clear_vectors(at(part, j * dw_rows + tap * x.channels), x.channels)
    if g.out_height * g.out_width <= SMALL:
        for j in range(count):
            _clear_idle_columns(g, x, dy, samples, first + j, at(part, j * dw_rows))
        for i in range(x.blocks):
            _clear_idle_rows(g, x, dy, dw_rows, samples, i, part, count)


def _clear_idle_columns(g, x, dy, samples, block, part):
    """Those of channels of dy, in one block of N."""
    doubtful = _doubtful_channels(g, dy, x, False, samples, block)
    if _is_any(doubtful):
        for tap in range(taps(g)):
            idle = _without(doubtful, _channels_that_meet(g, dy, x, False, samples, tap, block, doubtful))
            if _is_any(idle):
                for row in range(tap * x.channels, (tap + 1) * x.channels):
                    kept = select(idle > splat(uint32(0)), constant(0), load(part, row * LANES))
                    store(part, row * LANES, kept)


def _clear_idle_rows(g, x, dy, dw_rows, samples, block, part, count):
    """Those of channels of a block of x, in `count` blocks of N."""
    doubtful, width = _doubtful_channels(g, x, dy, True, samples, block), x.channels
    if _is_any(doubtful):
        for tap in range(taps(g)):
            idle = _without(doubtful, _channels_that_meet(g, x, dy, True, samples, tap, block, doubtful))
            if _is_any(idle):
                for lane in range(min(LANES, width - block * LANES)):
                    if get_word(idle, lane) != 0:
                        for j in range(count):
                            clear_vectors(at(part, j * dw_rows + tap * width + block * LANES + lane), 1)


def _doubtful_channels(g, own, other, is_input, samples, block):
    """Bits for the channels of a block of x (`is_input`) or dy that are in use, but may not meet the other one.

    Most channels have a pixel that meets one that is not blank through every tap: these are found soon.
    """
    high, wide = (g.height, g.width) if is_input else (g.out_height, g.out_width)
    every = select(used_lanes(block, own.channels), splat(uint32(1)), splat(uint32(0)))
    used, certain = splat(uint32(0)), splat(uint32(0))
    for sample in range(samples[0], samples[1]):
        for i in range(high):
            for j in range(wide):
                bits = _bits(own, block, (sample * high + i) * wide + j)
                used = used | bits
                if _is_any(_without(bits, certain)) and _meets_through_all(g, other, is_input, sample, i, j):
                    certain = certain | bits
                    if not _is_any(_without(every, certain)):
                        return splat(uint32(0))
    return _without(used, certain)


def _meets_through_all(g, other, is_input, sample, i, j):
    """Whether a pixel of x (`is_input`) or dy meets one of the other that is not blank through every tap."""
    high, wide = (g.out_height, g.out_width) if is_input else (g.height, g.width)
    first_row = i + g.top - g.kernel_height + 1 if is_input else i - g.top
    first_column = j + g.left - g.kernel_width + 1 if is_input else j - g.left
    if first_row < 0 or first_row + g.kernel_height > high or first_column < 0 or first_column + g.kernel_width > wide:
        return False
    for row in range(first_row, first_row + g.kernel_height):
        for column in range(first_column, first_column + g.kernel_width):
            if _is_blank(other, (sample * high + row) * wide + column):
                return False
    return True


def _meet(g, x, dy, samples, tap):
    """Whether a tap joins a pixel of x to one of dy of which neither is blank."""
    down, right = tap // g.kernel_width - g.top, tap % g.kernel_width - g.left
    for sample in range(samples[0], samples[1]):
        for i in range(max(0, -down), min(g.out_height, g.height - down)):
            for j in range(max(0, -right), min(g.out_width, g.width - right)):
                seen = (sample * g.height + i + down) * g.width + j + right
                given = (sample * g.out_height + i) * g.out_width + j
                if not (_is_blank(dy, given) or _is_blank(x, seen)):
                    return True
    return False


def _channels_that_meet(g, own, other, is_input, samples, tap, block, wanted):
    """Bits for the channels that have a pixel which a tap joins to one of the other operand that is not blank.

    Ends as soon as all that are `wanted` have some.
    """
    down, right = tap // g.kernel_width - g.top, tap % g.kernel_width - g.left
    found = splat(uint32(0))
    for sample in range(samples[0], samples[1]):
        for i in range(max(0, -down), min(g.out_height, g.height - down)):
            for j in range(max(0, -right), min(g.out_width, g.width - right)):
                seen = (sample * g.height + i + down) * g.width + j + right
                given = (sample * g.out_height + i) * g.out_width + j
                bits = _bits(own, block, seen if is_input else given)
                new = _is_any(_without(bits, found))
                if new and not _is_blank(other, given if is_input else seen):
                    found = found | bits
                    if not _is_any(_without(wanted, found)):
                        return found
    return found


def _without(bits, others):
    """The bits of lanes in which the others are 0."""
    return select(others > splat(uint32(0)), splat(uint32(0)), bits)


def _is_any(bits):
    """Whether a lane is not 0."""
    return any_lane(bits > splat(uint32(0)))


def _bits(x, block, pixel):
    """The bits of a block of a pixel, without the sign: 0 where the number is."""
    return floats_as_bits(load(x, (block * x.rows + pixel) * LANES)) << splat(uint32(1))


def _is_blank(x, pixel):
    """Whether all channels of a pixel are 0; NaN is not."""
    found = _bits(x, 0, pixel)
    for block in range(1, x.blocks):
        found = found | _bits(x, block, pixel)
    return not _is_any(found)


def _is_blank_or_outside(g, x, sample, row, column):
    """Likewise of a pixel of x, or of the zeros around it."""
    if row < 0 or row >= g.height or column < 0 or column >= g.width:
        return True
    return _is_blank(x, (sample * g.height + row) * g.width + column)


def _flag_row(g, x, sample, i, flags):
    """1 for every pixel of a row of y whose window sees nothing but zeros, else 0."""
    blank = 0  # columns that are so, up to the one at hand
    for column in range(-g.left, g.out_width + g.kernel_width - 1 - g.left):
        blank += 1
        for row in range(i - g.top, i - g.top + g.kernel_height):
            if not _is_blank_or_outside(g, x, sample, row, column):
                blank = 0
                break
        j = column + g.left - g.kernel_width + 1
        if j >= 0:
            flags[j] = float32(1) if blank >= g.kernel_width else float32(0)


def _may_see_zeros(g, x, sample, first, count):
    """Whether windows of `count` rows of y might see nothing but zeros, by pixels so far apart that each sees one."""
    for i in range(-(-count // g.kernel_height)):
        row = min((i + 1) * g.kernel_height - 1 + first - g.top, g.height - 1)
        for j in range(-(-g.out_width // g.kernel_width)):
            if _lies_among_zeros(g, x, sample, row, min((j + 1) * g.kernel_width - 1 - g.left, g.width - 1)):
                return True
    return False


def _lies_among_zeros(g, x, sample, row, column):
    """Whether a pixel is blank, and one beside it, and one above or below it where the kernel reaches there."""
    if not _is_blank_or_outside(g, x, sample, row, column):
        return False
    before, after = column - 1, column + 1
    beside = _is_blank_or_outside(g, x, sample, row, before) or _is_blank_or_outside(g, x, sample, row, after)
    if not beside or g.kernel_height == 1:
        return beside
    above, below = row - 1, row + 1
    return _is_blank_or_outside(g, x, sample, above, column) or _is_blank_or_outside(g, x, sample, below, column)
