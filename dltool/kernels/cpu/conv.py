"""Convolutions straight from the image, without a matrix of patches: tiles that add up the taps of a line of outputs.

Weights lie as matrices (N/16, kh · kw · C, 16), images as (C/16, rows, 16). A sample is copied once with zeros around
it, where the kernel reaches beyond the image or moves by more than one; what a line reads then lies together.
"""

from __future__ import annotations

from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.image import (
    backward_taps,
    by_phases,
    copy_padded,
    lies_bare,
    lies_bare_backward,
    padded_upstream,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_rows
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import columns_together, rows_of_tiles, set_tap
from dltool.kernels.cpu.vector import clear_vectors
from dltool.kernels.cpu.workspace import ACROSS, conv_data_gradient_space, conv_space
from dltool.kernels.geometry import covered, margins, taps
from dltool.kernels.records import LANES


@kernel
def conv(x, w, y, geometry, epilogue, tiles, workspace, step, low, high):
    """y (h, w, N) = epilogue(Σ over the taps of x (H, W, C) · w + bias (N)); overwrites y and the epilogue's output."""
    convolve(x, w, y, geometry, epilogue, tiles, ACROSS, workspace, low, high)


def convolve(x, w, y, geometry, epilogue, tiles, widest, workspace, low, high):
    """The same, by tiles of at most `widest` columns."""
    g, depth, count = geometry, x.blocks, taps(geometry) * x.blocks
    all_height, all_width = covered(g)
    table, image = as_integers(workspace), at(workspace, conv_space(g, depth)[0])
    bare = lies_bare(g)
    phase_width = -(-all_width // g.stride_width)
    line = g.width if bare else phase_width * g.stride_width
    between = x.rows if bare else all_height * line
    _forward_taps(g, x.channels, table, depth, between, line, phase_width)
    if not bare:
        clear_vectors(image, depth * between)
    floor = floor_of(epilogue)
    for sample in range(low, high):
        source = at(x, sample * g.height * g.width)
        if not bare:
            for block in range(depth):
                copy_padded(
                    at(source, block * x.rows), g.height, g.width, at(image, block * between),
                    g.top, g.left, all_height, all_width, g.stride_width,
                )  # fmt: skip
            source = image
        block = 0
        while block < y.blocks:
            columns = columns_together(min(widest, y.blocks - block))
            panels, bias = (at(w, block * w.rows), w.rows * LANES), (at(bias_of(epilogue), block), 0, LANES)
            place = block * y.rows + sample * g.out_height * g.out_width
            for row in range(g.out_height):
                here, out = at(source, row * g.stride_height * line), (at(y, place + row * g.out_width), y.rows * LANES)
                rows_of_tiles(tiles, g.out_width, columns, count, table, here, LANES, 1, panels, bias, out, floor)
            finish_blocks(epilogue, y, block, columns, place, g.out_height * g.out_width)
            block += columns


def finish_blocks(epilogue, y, block, columns, place, count):
    """The epilogue of one sample in some blocks of channels, the first of which lies at the vector `place`."""
    for j in range(columns):
        offset = (place + j * y.rows) * LANES
        finish(epilogue, advance(y, offset), offset, count, y.channels - (block + j) * LANES)


def _forward_taps(g, channels, table, depth, between, line, phase_width):
    """Every tap of the kernel in every block of channels, in the order of the weights."""
    tap = 0
    for k in range(g.kernel_height):
        for m in range(g.kernel_width):
            column = m * g.dilation_width
            place = k * g.dilation_height * line + column % g.stride_width * phase_width + column // g.stride_width
            for block in range(depth):
                first = ((k * g.kernel_width + m) * channels + block * LANES) * LANES
                terms = min(LANES, channels - block * LANES)
                set_tap(table, tap, (block * between + place) * LANES, first, terms)
                tap += 1


@kernel
def conv_data_gradient(dy, w, dx, geometry, epilogue, tiles, workspace, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the taps of dy (h, w, N) · wᵀ + bias (C)); overwrites dx and the output.

    The pixels whose row and column leave the same rest by the strides see the same taps: they are a phase.
    """
    g, depth = geometry, dy.blocks
    _, _, all_height, all_width = margins(g)
    bare = lies_bare_backward(g)
    table, between = as_integers(workspace), dy.rows if bare else all_height * all_width
    backward_taps(g, table, depth, between, dy.channels)
    places = conv_data_gradient_space(g, depth, dx.blocks)
    image, panel, square, pixels = (
        at(workspace, places[0]), at(workspace, places[1]), at(workspace, places[2]), at(workspace, places[3]),
    )  # fmt: skip
    if not bare:
        clear_vectors(image, depth * between)
    floor, size, block = floor_of(epilogue), taps(g) * depth * LANES, 0
    while block < dx.blocks:
        columns = columns_together(dx.blocks - block)
        for j in range(columns):
            _turn_panel(taps(g), w, dx.channels, depth, block + j, at(panel, j * size), square)
        panels, bias = (panel, size * LANES), (at(bias_of(epilogue), block), 0, LANES)
        for sample in range(low, high):
            source = padded_upstream(dy, g, sample, image)
            place = block * dx.rows + sample * g.height * g.width
            out = at(dx, place), dx.rows * LANES
            by_phases(tiles, g, table, source, panels, bias, columns, pixels, out, floor)
            finish_blocks(epilogue, dx, block, columns, place, g.height * g.width)
        block += columns


def _turn_panel(count, w, channels, depth, block, panel, square):
    """The weights that end in one block of x, transposed: (taps, blocks of y, 16, 16), with zeros behind C."""
    used = min(LANES, channels - block * LANES)
    for tap in range(count):
        for part in range(depth):
            source = at(w, part * w.rows + tap * channels + block * LANES)
            transpose_rows(source, used, square, at(panel, (tap * depth + part) * LANES))
