"""Images as the convolutions read them: geometry out of the record, a padded copy of one sample, and tables of taps."""

from __future__ import annotations

from dltool.kernels.cpu.arguments import advance, as_integers, at, attribute, call_tile, float_pointer
from dltool.kernels.cpu.kernel import tile
from dltool.kernels.cpu.tile import make_tap_tiles, wide_registers
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.records import (
    DILATION_HEIGHT,
    DILATION_WIDTH,
    GEOMETRY_FIELDS,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANES,
    LEFT,
    OPERAND,
    OUT_HEIGHT,
    OUT_WIDTH,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TAP_FIELDS,
    TOP,
    WIDTH,
)

TALLEST = 16 if wide_registers() else 6
#: operands of a convolution: two that it reads and one that it writes
OPERANDS = 3
_products = make_tap_tiles(TALLEST)


@tile
def pixel_tiles(count, taps, table, a, a_step, b, start, start_step, out, least):
    """Rows are pixels side by side, terms are channels: each one number times a vector."""
    _products(count, taps, table, a, LANES, a_step, b, start, start_step, out, least)


@tile
def weight_tiles(count, taps, table, a, a_step, b, start, start_step, out, least):
    """Rows are numbers side by side, terms are pixels: each one number times a vector."""
    _products(count, taps, table, a, 1, a_step, b, start, start_step, out, least)


@inlined
def sizes(a):
    """Height and width of the large side, of the small side and of the kernel; one line where pixels stay alone."""
    height, width = attribute(a, OPERANDS, HEIGHT), attribute(a, OPERANDS, WIDTH)
    out_height, out_width = attribute(a, OPERANDS, OUT_HEIGHT), attribute(a, OPERANDS, OUT_WIDTH)
    kernel_height, kernel_width = attribute(a, OPERANDS, KERNEL_HEIGHT), attribute(a, OPERANDS, KERNEL_WIDTH)
    if _pixel_by_pixel(a):
        return 1, height * width, 1, height * width, 1, 1
    return height, width, out_height, out_width, kernel_height, kernel_width


@inlined
def _pixel_by_pixel(a):
    """Whether every output sees the pixel in its own place and nothing else.

    Equal sizes do not tell: with stride and padding, as many outputs can see other pixels, or zeros.
    """
    stride_height, stride_width, _, _, top, left = steps(a)
    one_tap = attribute(a, OPERANDS, KERNEL_HEIGHT) * attribute(a, OPERANDS, KERNEL_WIDTH) == 1
    in_place = stride_height * stride_width == 1 and top == 0 and left == 0
    as_high = attribute(a, OPERANDS, HEIGHT) == attribute(a, OPERANDS, OUT_HEIGHT)
    as_wide = attribute(a, OPERANDS, WIDTH) == attribute(a, OPERANDS, OUT_WIDTH)
    return one_tap and in_place and as_high and as_wide


@inlined
def steps(a):
    """Stride, dilation and first place of the kernel, along the height and along the width."""
    return (
        attribute(a, OPERANDS, STRIDE_HEIGHT), attribute(a, OPERANDS, STRIDE_WIDTH),
        attribute(a, OPERANDS, DILATION_HEIGHT), attribute(a, OPERANDS, DILATION_WIDTH),
        attribute(a, OPERANDS, TOP), attribute(a, OPERANDS, LEFT),
    )  # fmt: skip


@inlined
def reached(a):
    """Height and width of what all windows cover."""
    _, _, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, dilation_width, _, _ = steps(a)
    height = (out_height - 1) * stride_height + (kernel_height - 1) * dilation_height + 1
    return height, (out_width - 1) * stride_width + (kernel_width - 1) * dilation_width + 1


@inlined
def margins(a):
    """On the way back from the small side: rows and columns before it, and height and width with them."""
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, dilation_width, top, left = steps(a)
    above = max(0, ((kernel_height - 1) * dilation_height - top) // stride_height)
    before = max(0, ((kernel_width - 1) * dilation_width - left) // stride_width)
    all_height = above + max(out_height, (height - 1 + top) // stride_height + 1)
    return above, before, all_height, before + max(out_width, (width - 1 + left) // stride_width + 1)


@inlined
def lies_bare(a):
    """Whether windows stay within the image and move by one, so that it can be read where it is."""
    height, width, _, _, _, _ = sizes(a)
    stride_height, stride_width, _, _, top, left = steps(a)
    all_height, all_width = reached(a)
    unmoved = stride_height == 1 and stride_width == 1 and top == 0 and left == 0
    return unmoved and all_height <= height and all_width <= width


@inlined
def lies_bare_backward(a):
    """Whether on the way back the small side can be read where it is."""
    _, _, out_height, out_width, _, _ = sizes(a)
    above, before, all_height, all_width = margins(a)
    return above == 0 and before == 0 and all_height == out_height and all_width == out_width


@inlined
def tiles_of(a, extra):
    """The address of the op's tile function, behind the geometry and `extra` other integers."""
    return a[OPERANDS * OPERAND + GEOMETRY_FIELDS + extra]


@inlined
def workspace(a, extra):
    """The thread's workspace, behind the tile function."""
    return float_pointer(a[OPERANDS * OPERAND + GEOMETRY_FIELDS + extra + 1])


@inlined
def table_of(space):
    """The table of taps at the beginning of a workspace."""
    return as_integers(space)


@inlined
def behind_table(space, taps):
    """What follows a table of `taps` taps."""
    return behind_integers(space, taps * TAP_FIELDS)


@inlined
def behind_integers(space, count):
    """What follows `count` integers."""
    return at(space, (count * 2 + LANES - 1) // LANES)


@inlined
def set_tap(table, tap, first, second, terms):
    """Write an entry of a table of taps."""
    table[tap * TAP_FIELDS], table[tap * TAP_FIELDS + 1], table[tap * TAP_FIELDS + 2] = first, second, terms


@inlined
def clear(target, vectors):
    """Zero the first `vectors` vectors."""
    for i in range(vectors):
        store(target, i * LANES, constant(0))


@inlined
def copy_padded(source, height, width, target, top, left, all_height, all_width, phases):
    """One block of an image into a larger one with zeros around it, its columns sorted by their number modulo `phases`.

    Only what lies in the larger one is copied; its zeros must be there.
    """
    line = -(-all_width // phases)
    for row in range(max(0, -top), min(height, all_height - top)):
        for phase in range(phases):
            first = at(target, ((row + top) * phases + phase) * line)
            low = max(0, -(-(left - phase) // phases))
            high = min(line, (left + width - phase + phases - 1) // phases)
            place = at(source, row * width + phase - left)
            for i in range(low, high):
                store(first, i * LANES, load(place, i * phases * LANES))


@inlined
def rows_of_tiles(tiles, count, taps, table, a, a_row, a_step, b, start, start_step, out, least):
    """`count` rows, `a_row` floats apart, by the tile function at the address `tiles`, in pieces of similar heights."""
    pieces = -(-count // TALLEST)
    for piece in range(pieces):
        low = piece * count // pieces
        height = (piece + 1) * count // pieces - low
        call_tile(
            tiles, height, taps, table, advance(a, low * a_row), a_step, b,
            advance(start, low * start_step), start_step, at(out, low), least,
        )  # fmt: skip


@inlined
def backward_taps(a, table, depth, between, channels_of_y):
    """For every phase the number of its taps and then these.

    A tap is a place of the kernel through which an output sees a pixel of the phase, in every block of channels.
    """
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, dilation_width, top, left = steps(a)
    above, before, _, all_width = margins(a)
    entry = 0
    for phase in range(stride_height * stride_width):
        down, right = phase // stride_width + top, phase % stride_width + left
        head = entry
        entry += 1
        for k in range(kernel_height):
            for m in range(kernel_width):
                row, column = down - k * dilation_height, right - m * dilation_width
                if row % stride_height == 0 and column % stride_width == 0:
                    place = (above + row // stride_height) * all_width + before + column // stride_width
                    for part in range(depth):
                        weight = ((k * kernel_width + m) * depth + part) * LANES * LANES
                        terms = min(LANES, channels_of_y - part * LANES)
                        set_tap(table, entry, (part * between + place) * LANES, weight, terms)
                        entry += 1
        set_tap(table, head, entry - head - 1, 0, 0)


@inlined
def by_phases(tiles, a, table, image, panel, bias, pixels, out, least):
    """One block of the large side of one sample, phase by phase; `pixels` is room for a line."""
    height, width, _, _, _, _ = sizes(a)
    stride_height, stride_width, _, _, _, _ = steps(a)
    _, _, _, all_width = margins(a)
    head = 0
    for phase in range(stride_height * stride_width):
        taps, first = table[head * TAP_FIELDS], advance(table, (head + 1) * TAP_FIELDS)
        head += taps + 1
        down, right = phase // stride_width, phase % stride_width
        count = (width - right + stride_width - 1) // stride_width
        for i in range((height - down + stride_height - 1) // stride_height):
            row = at(out, (down + i * stride_height) * width + right)
            line = row if stride_width == 1 else pixels
            here = at(image, i * all_width)
            rows_of_tiles(tiles, count, taps, first, here, LANES, 1, panel, bias, 0, line, least)
            if stride_width > 1:
                for j in range(count):
                    store(row, j * stride_width * LANES, load(pixels, j * LANES))
