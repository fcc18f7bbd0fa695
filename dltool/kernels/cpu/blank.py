"""Where only zeros meet: a Winograd convolution would leave rounding errors of its tiles there.

A direct convolution adds up products with 0, which are 0 exactly. A relu then passes no gradient, and an optimizer like
Adam, which looks at the sign of a gradient rather than its size, leaves the weight as it is.
"""

from __future__ import annotations

from numpy import float32, uint32

from dltool.kernels.cpu.arguments import advance, at, blocks, channels, rows, word_pointer
from dltool.kernels.cpu.image import clear, sizes, steps
from dltool.kernels.cpu.lanes import any_lane, get_word
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, splat, store
from dltool.kernels.records import ADDRESS, LANES, OPERAND
from dltool.kernels.winograd import SMALL


@inlined
def find_blank_windows(a, sample, first, count, flags):
    """Whether some windows of `count` rows of y, from one on, see nothing but zeros; if so, `flags` tells of each."""
    _, _, _, out_width, _, _ = sizes(a)
    if not _may_see_zeros(a, sample, first, count):
        return False
    for i in range(count):
        _flag_row(a, sample, first + i, advance(flags, i * out_width))
    return True


@inlined
def write_flagged(out, flags, count, value):
    """`value` to those of `count` pixels that have a flag."""
    for pixel in range(count):
        if flags[pixel] > float32(0):
            store(out, pixel * LANES, value)


@inlined
def clear_idle_taps(a, samples, first, count, part):
    """Zero the gradients of the taps through which no pixel of x meets one of dy, in `count` blocks of N from one on.

    On small images single channels are looked at, too: all that comes back to one may lie at the border.
    """
    _, _, out_height, out_width, kernel_height, kernel_width = sizes(a)
    width = channels(a, 0)
    for tap in range(kernel_height * kernel_width):
        if not _meet(a, samples, tap):
            for j in range(count):
                clear(at(part, j * rows(a, 2) + tap * width), width)
    if out_height * out_width <= SMALL:
        for j in range(count):
            _clear_idle_columns(a, samples, first + j, at(part, j * rows(a, 2)))
        for i in range(blocks(a, 0)):
            _clear_idle_rows(a, samples, i, part, count)


@inlined
def _clear_idle_columns(a, samples, block, part):
    """Those of channels of dy, in one block of N."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    doubtful, width = _doubtful_channels(a, samples, 1, block), channels(a, 0)
    if _is_any(doubtful):
        for tap in range(kernel_height * kernel_width):
            idle = _without(doubtful, _channels_that_meet(a, samples, tap, 1, block, doubtful))
            if _is_any(idle):
                for row in range(tap * width, (tap + 1) * width):
                    kept = select(idle > splat(uint32(0)), constant(0), load(part, row * LANES))
                    store(part, row * LANES, kept)


@inlined
def _clear_idle_rows(a, samples, block, part, count):
    """Those of channels of a block of x, in `count` blocks of N."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    doubtful, width = _doubtful_channels(a, samples, 0, block), channels(a, 0)
    if _is_any(doubtful):
        for tap in range(kernel_height * kernel_width):
            idle = _without(doubtful, _channels_that_meet(a, samples, tap, 0, block, doubtful))
            if _is_any(idle):
                for lane in range(min(LANES, width - block * LANES)):
                    if get_word(idle, lane) != 0:
                        for j in range(count):
                            clear(at(part, j * rows(a, 2) + tap * width + block * LANES + lane), 1)


@inlined
def _doubtful_channels(a, samples, operand, block):
    """Bits for the channels of a block of x (operand 0) or dy (1) that are in use, but may not meet the other one.

    Most channels have a pixel that meets one that is not blank through every tap: these are found soon.
    """
    height, width, out_height, out_width, _, _ = sizes(a)
    high, wide = (height, width) if operand == 0 else (out_height, out_width)
    every = select(used_lanes(block, channels(a, operand)), splat(uint32(1)), splat(uint32(0)))
    used, certain = splat(uint32(0)), splat(uint32(0))
    for sample in range(samples[0], samples[1]):
        for i in range(high):
            for j in range(wide):
                bits = _bits(a, operand, block, (sample * high + i) * wide + j)
                used = used | bits
                if _is_any(_without(bits, certain)) and _meets_through_all(a, sample, operand, i, j):
                    certain = certain | bits
                    if not _is_any(_without(every, certain)):
                        return splat(uint32(0))
    return _without(used, certain)


@inlined
def _meets_through_all(a, sample, operand, i, j):
    """Whether a pixel of x (operand 0) or dy (1) meets one of the other that is not blank through every tap."""
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    high, wide = (out_height, out_width) if operand == 0 else (height, width)
    first_row = i + top - kernel_height + 1 if operand == 0 else i - top
    first_column = j + left - kernel_width + 1 if operand == 0 else j - left
    if first_row < 0 or first_row + kernel_height > high or first_column < 0 or first_column + kernel_width > wide:
        return False
    for row in range(first_row, first_row + kernel_height):
        for column in range(first_column, first_column + kernel_width):
            if _is_blank(a, 1 - operand, (sample * high + row) * wide + column):
                return False
    return True


@inlined
def _meet(a, samples, tap):
    """Whether a tap joins a pixel of x to one of dy of which neither is blank."""
    height, width, out_height, out_width, _, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    down, right = tap // kernel_width - top, tap % kernel_width - left
    for sample in range(samples[0], samples[1]):
        for i in range(max(0, -down), min(out_height, height - down)):
            for j in range(max(0, -right), min(out_width, width - right)):
                seen, given = (
                    (sample * height + i + down) * width + j + right,
                    (sample * out_height + i) * out_width + j,
                )
                if not (_is_blank(a, 1, given) or _is_blank(a, 0, seen)):
                    return True
    return False


@inlined
def _channels_that_meet(a, samples, tap, operand, block, wanted):
    """Bits for the channels that have a pixel which a tap joins to one of the other operand that is not blank.

    Ends as soon as all that are `wanted` have some.
    """
    height, width, out_height, out_width, _, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    down, right = tap // kernel_width - top, tap % kernel_width - left
    found = splat(uint32(0))
    for sample in range(samples[0], samples[1]):
        for i in range(max(0, -down), min(out_height, height - down)):
            for j in range(max(0, -right), min(out_width, width - right)):
                seen = (sample * height + i + down) * width + j + right
                given = (sample * out_height + i) * out_width + j
                bits = _bits(a, operand, block, seen if operand == 0 else given)
                new = _is_any(_without(bits, found))
                if new and not _is_blank(a, 1 - operand, given if operand == 0 else seen):
                    found = found | bits
                    if not _is_any(_without(wanted, found)):
                        return found
    return found


@inlined
def _without(bits, others):
    """The bits of lanes in which the others are 0."""
    return select(others > splat(uint32(0)), splat(uint32(0)), bits)


@inlined
def _is_any(bits):
    """Whether a lane is not 0."""
    return any_lane(bits > splat(uint32(0)))


@inlined
def _bits(a, operand, block, pixel):
    """The bits of a block of a pixel, without the sign: 0 where the number is."""
    pointer = word_pointer(a[operand * OPERAND + ADDRESS])
    return load(pointer, (block * rows(a, operand) + pixel) * LANES) << splat(uint32(1))


@inlined
def _is_blank(a, operand, pixel):
    """Whether all channels of a pixel of an operand are 0; NaN is not."""
    found = _bits(a, operand, 0, pixel)
    for block in range(1, blocks(a, operand)):
        found = found | _bits(a, operand, block, pixel)
    return not _is_any(found)


@inlined
def _is_blank_or_outside(a, sample, row, column):
    """Likewise of a pixel of x, or of the zeros around it."""
    height, width, _, _, _, _ = sizes(a)
    if row < 0 or row >= height or column < 0 or column >= width:
        return True
    return _is_blank(a, 0, (sample * height + row) * width + column)


@inlined
def _flag_row(a, sample, i, flags):
    """1 for every pixel of a row of y whose window sees nothing but zeros, else 0."""
    _, _, _, out_width, kernel_height, kernel_width = sizes(a)
    _, _, _, _, top, left = steps(a)
    blank = 0  # columns that are so, up to the one at hand
    for column in range(-left, out_width + kernel_width - 1 - left):
        blank += 1
        for row in range(i - top, i - top + kernel_height):
            if not _is_blank_or_outside(a, sample, row, column):
                blank = 0
                break
        j = column + left - kernel_width + 1
        if j >= 0:
            flags[j] = float32(1) if blank >= kernel_width else float32(0)


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
