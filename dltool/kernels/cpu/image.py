"""Images as the convolutions read them: a padded copy of one sample, and the taps and phases of the backward pass."""

from __future__ import annotations

from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.product import rows_of_tiles, set_tap
from dltool.kernels.cpu.vector import load, store
from dltool.kernels.cpu.workspace import TAP_FIELDS
from dltool.kernels.geometry import covered, margins
from dltool.kernels.records import LANES


def lies_bare(g):
    """Whether windows stay within the image and move by one, so that it can be read where it is."""
    height, width = covered(g)
    unmoved = g.stride_height == 1 and g.stride_width == 1 and g.top == 0 and g.left == 0
    return unmoved and height <= g.height and width <= g.width


def lies_bare_backward(g):
    """Whether the backward pass can read y where it is."""
    above, before, height, width = margins(g)
    return above == 0 and before == 0 and height == g.out_height and width == g.out_width


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


def padded_upstream(dy, g, sample, image):
    """One sample of dy with the zeros around it that the backward pass sees: where it lies, or copied to `image`."""
    above, before, all_height, all_width = margins(g)
    source = at(dy, sample * g.out_height * g.out_width)
    if lies_bare_backward(g):
        return source
    for block in range(dy.blocks):
        copy_padded(
            at(source, block * dy.rows), g.out_height, g.out_width, at(image, block * all_height * all_width),
            above, before, all_height, all_width, 1,
        )  # fmt: skip
    return image


def backward_taps(g, table, depth, between, channels):
    """For every phase the number of its taps and then these.

    A tap joins a pixel of the phase to an output that sees it, in every block of the `channels` of y.
    """
    above, before, _, line = margins(g)
    entry = 0
    for phase in range(g.stride_height * g.stride_width):
        down, right = phase // g.stride_width + g.top, phase % g.stride_width + g.left
        head = entry
        entry += 1
        for k in range(g.kernel_height):
            for m in range(g.kernel_width):
                row, column = down - k * g.dilation_height, right - m * g.dilation_width
                if row % g.stride_height == 0 and column % g.stride_width == 0:
                    place = (above + row // g.stride_height) * line + before + column // g.stride_width
                    for part in range(depth):
                        weight = ((k * g.kernel_width + m) * depth + part) * LANES * LANES
                        terms = min(LANES, channels - part * LANES)
                        set_tap(table, entry, (part * between + place) * LANES, weight, terms)
                        entry += 1
        set_tap(table, head, entry - head - 1, 0, 0)


def by_phases(tiles, g, table, image, panels, bias, columns, pixels, out, floor):
    """Some blocks of x of one sample, phase by phase; `pixels` is room for a line of each."""
    _, _, _, line = margins(g)
    head = 0
    for phase in range(g.stride_height * g.stride_width):
        count, first = table[head * TAP_FIELDS], advance(table, (head + 1) * TAP_FIELDS)
        head += count + 1
        down, right = phase // g.stride_width, phase % g.stride_width
        across = (g.width - right + g.stride_width - 1) // g.stride_width
        for i in range((g.height - down + g.stride_height - 1) // g.stride_height):
            row = at(out[0], (down + i * g.stride_height) * g.width + right)
            target = (row, out[1]) if g.stride_width == 1 else (pixels, g.width * LANES)
            here = at(image, i * line)
            rows_of_tiles(tiles, across, columns, count, first, here, LANES, 1, panels, bias, target, floor)
            if g.stride_width > 1:
                for column in range(columns):
                    source, goal = at(pixels, column * g.width), advance(row, column * out[1])
                    for j in range(across):
                        store(goal, j * g.stride_width * LANES, load(source, j * LANES))
