"""Convolutions straight from the image, without a matrix of patches: tiles that add up the taps of a line of outputs.

Weights lie as matrices (N/16, kh · kw · C, 16), images as (C/16, rows, 16). A sample is copied once with zeros around
it, where the kernel reaches beyond the image or moves by more than one; what a line reads then lies together.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    bits_as_number,
    blocks,
    channels,
    float_pointer,
    floats,
    rows,
)
from dltool.kernels.cpu.image import (
    OPERANDS,
    backward_taps,
    behind_table,
    by_phases,
    clear,
    copy_padded,
    lies_bare,
    lies_bare_backward,
    margins,
    reached,
    rows_of_tiles,
    set_tap,
    sizes,
    steps,
    table_of,
    tiles_of,
    workspace,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.matmul import finish
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.records import EPILOGUE_FIELDS, GEOMETRY_FIELDS, LANES, OPERAND

_EPILOGUE = OPERANDS * OPERAND + GEOMETRY_FIELDS


@kernel
def conv(a, step, low, high):
    """y (h, w, N) = epilogue(Σ over the taps of x (H, W, C) · w + bias (N)); overwrites y and the epilogue's output."""
    x, w, y = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, _, _, top, left = steps(a)
    depth, all_rows, y_rows = blocks(a, 0), rows(a, 0), rows(a, 2)
    all_height, all_width = reached(a)
    tiles, space = tiles_of(a, EPILOGUE_FIELDS), workspace(a, EPILOGUE_FIELDS)
    taps, table = kernel_height * kernel_width * depth, table_of(space)
    image = behind_table(space, taps)
    bare = lies_bare(a)
    phase_width = -(-all_width // stride_width)
    line = width if bare else phase_width * stride_width
    between = all_rows if bare else all_height * line
    _forward_taps(a, table, depth, between, line, phase_width)
    if not bare:
        clear(image, depth * between)
    least = float32(bits_as_number(a[_EPILOGUE + 1]))
    for sample in range(low, high):
        source = at(x, sample * height * width)
        if not bare:
            for block in range(depth):
                copy_padded(
                    at(source, block * all_rows), height, width, at(image, block * between),
                    top, left, all_height, all_width, stride_width,
                )  # fmt: skip
            source = image
        for block in range(blocks(a, 2)):
            panel, bias = at(w, block * rows(a, 1)), at(float_pointer(a[_EPILOGUE]), block)
            place = (block * y_rows + sample * out_height * out_width) * LANES
            for row in range(out_height):
                here = at(source, row * stride_height * line)
                out = advance(y, place + row * out_width * LANES)
                rows_of_tiles(tiles, out_width, taps, table, here, LANES, 1, panel, bias, 0, out, least)
            finish(a, _EPILOGUE, advance(y, place), place, out_height * out_width, channels(a, 2) - block * LANES)


@inlined
def _forward_taps(a, table, depth, between, line, phase_width):
    """Every place of the kernel in every block of channels, in the order of the weights."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    _, stride_width, dilation_height, dilation_width, _, _ = steps(a)
    width = channels(a, 0)
    tap = 0
    for k in range(kernel_height):
        for m in range(kernel_width):
            column = m * dilation_width
            place = k * dilation_height * line + column % stride_width * phase_width + column // stride_width
            for block in range(depth):
                first = ((k * kernel_width + m) * width + block * LANES) * LANES
                terms = min(LANES, width - block * LANES)
                set_tap(table, tap, (block * between + place) * LANES, first, terms)
                tap += 1


@kernel
def conv_data_gradient(a, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the taps of dy (h, w, N) · wᵀ + bias (C)); overwrites dx and the output.

    The pixels whose row and column leave the same rest by the strides see the same taps: they are a phase.
    """
    dy, w, dx = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, _, _, _, _ = steps(a)
    above, before, all_height, all_width = margins(a)
    depth, all_rows, dx_rows = blocks(a, 0), rows(a, 0), rows(a, 2)
    taps, phases = kernel_height * kernel_width * depth, stride_height * stride_width
    tiles, space = tiles_of(a, EPILOGUE_FIELDS), workspace(a, EPILOGUE_FIELDS)
    bare = lies_bare_backward(a)
    table, between = table_of(space), all_rows if bare else all_height * all_width
    backward_taps(a, table, depth, between, channels(a, 0))
    image = behind_table(space, taps + phases)
    panel = at(image, depth * all_height * all_width)
    square, pixels = at(panel, taps * LANES), at(panel, (taps + 1) * LANES)
    if not bare:
        clear(image, depth * between)
    least = float32(bits_as_number(a[_EPILOGUE + 1]))
    for block in range(blocks(a, 2)):
        _turn_panel(a, w, block, panel, square)
        bias = at(float_pointer(a[_EPILOGUE]), block)
        for sample in range(low, high):
            source = at(dy, sample * out_height * out_width)
            if not bare:
                for part in range(depth):
                    copy_padded(
                        at(source, part * all_rows), out_height, out_width, at(image, part * between),
                        above, before, all_height, all_width, 1,
                    )  # fmt: skip
                source = image
            place = (block * dx_rows + sample * height * width) * LANES
            out = advance(dx, place)
            by_phases(tiles, a, table, source, panel, bias, pixels, out, least)
            finish(a, _EPILOGUE, out, place, height * width, channels(a, 2) - block * LANES)


@inlined
def _turn_panel(a, w, block, panel, square):
    """The weights that end in one block of x, transposed: (taps, blocks of y, 16, 16), with zeros behind C."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    width, depth, stored = channels(a, 2), blocks(a, 0), rows(a, 1)
    used = min(LANES, width - block * LANES)
    for tap in range(kernel_height * kernel_width):
        for part in range(depth):
            source, target = at(w, part * stored + tap * width + block * LANES), at(panel, (tap * depth + part) * LANES)
            if used == LANES:
                transpose_block(source, target)
            else:
                for i in range(LANES):
                    store(square, i * LANES, load(source, i * LANES) if i < used else constant(0))
                transpose_block(square, target)
