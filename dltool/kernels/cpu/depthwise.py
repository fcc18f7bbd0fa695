"""Convolutions that keep channels apart: a block of 16 channels at a time, row by row, straight from the image.

Along either axis an output sees taps of the kernel that lie evenly apart, fewer near the border. In the
backward pass, outputs with the same remainder by the stride see the same taps: they are a phase.
"""

from __future__ import annotations

from dltool.kernels.cpu.calls import call_lane_tile
from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel, lane_tile
from dltool.kernels.cpu.lane_tile import (
    CASE,
    IMAGE_LINE,
    IMAGE_TERM,
    LINES,
    OUTPUT_ROW,
    TERMS,
    WEIGHT_LINE,
    WEIGHT_TERM,
    make_output_tiles,
)
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.registers import TALLEST
from dltool.kernels.cpu.workspace import PHASE_FIELDS
from dltool.kernels.records import LANES

# a phase: its first tap, the line that its first output sees there, how many taps it has, between which outputs all of
# these are on the image, and how many of such outputs are a tile
_FIRST, _LINE, _TAPS, _BEGIN, _END, _TILE = range(PHASE_FIELDS)

#: rows of the tallest tile
HEIGHT = TALLEST[1]
_output_tiles = make_output_tiles(HEIGHT)


@lane_tile
def lane_tiles(known, image, w, bias, out, least):
    """Pixels of an output: taps of a kernel times the pixels that they see."""
    _output_tiles(known, image, w, bias, out, least)


@kernel
def depthwise(x, w, y, geometry, epilogue, tiles, workspace, step, low, high):
    """y (h, w, C) = epilogue(Σ over the taps of x (H, W, C) · w + bias (C)); overwrites y and the output."""
    g, table = geometry, as_integers(workspace)
    down, right = (1, g.stride_height, 1, g.dilation_height), (1, g.stride_width, 1, g.dilation_width)
    _set_phase(table, 0, down, 0, -g.top, g.kernel_height, g.height, g.out_height)
    _set_phase(table, 1, right, 0, -g.left, g.kernel_width, g.width, g.out_width)
    sizes = (g.height, g.width), (g.out_height, g.out_width)
    _convolve(x, w, y, g.kernel_width, epilogue, tiles, low, high, sizes, down, right, table)


@kernel
def depthwise_data_gradient(dy, w, dx, geometry, epilogue, tiles, workspace, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the taps of dy (h, w, C) · w + bias (C)); overwrites dx and the output."""
    g, table = geometry, as_integers(workspace)
    down, right = _backward(g.stride_height, g.dilation_height), _backward(g.stride_width, g.dilation_width)
    for phase in range(g.stride_height):
        _set_backward_phase(
            table, phase, phase, down, g.dilation_height, g.top, g.kernel_height, g.out_height, g.height
        )
    for phase in range(g.stride_width):
        entry = g.stride_height + phase
        _set_backward_phase(table, entry, phase, right, g.dilation_width, g.left, g.kernel_width, g.out_width, g.width)
    sizes = (g.out_height, g.out_width), (g.height, g.width)
    _convolve(dy, w, dx, g.kernel_width, epilogue, tiles, low, high, sizes, down, right, table)


def _backward(stride, dilation):
    """An axis of the backward pass: phases, lines between outputs of a phase, taps between taps, lines between taps."""
    apart = 1
    while apart * dilation % stride != 0:
        apart += 1
    return stride, 1, apart, -(apart * dilation // stride)


def _set_backward_phase(table, entry, phase, axis, dilation, before, kernel, size, count):
    stride, _, apart, _ = axis
    first = 0
    while first < kernel and (phase + before - first * dilation) % stride != 0:
        first += 1
    line = (phase + before - first * dilation) // stride
    taps, outputs = -(-(kernel - first) // apart), (count - phase + stride - 1) // stride
    _set_phase(table, entry, axis, first, line, taps, size, outputs)


def _set_phase(table, entry, axis, first, line, taps, size, count):
    """Write a phase that sees an image of `size` lines and has `count` outputs."""
    _, move, _, apart = axis
    reach = (taps - 1) * apart
    begin = min(count, max(0, -((line + min(0, reach)) // move)))
    end = max(begin, min(count, -((line + max(0, reach) - size) // move)))
    pieces = max(1, -(-(end - begin) // HEIGHT))
    base = entry * PHASE_FIELDS
    table[base + _FIRST], table[base + _LINE], table[base + _TAPS] = first, line, taps
    table[base + _BEGIN], table[base + _END] = begin, end
    table[base + _TILE] = -(-(end - begin) // pieces) if move <= 2 else 1


def _convolve(x, w, y, kernel_width, epilogue, tiles, low, high, sizes, down, right, table):
    """Samples of images of one size from those of another; both axes, and the table of their phases."""
    seen, (height, width) = sizes
    strides = advance(table, (down[0] + right[0]) * PHASE_FIELDS)
    strides[IMAGE_LINE], strides[IMAGE_TERM] = down[3] * seen[1] * LANES, right[3] * LANES
    strides[WEIGHT_LINE], strides[WEIGHT_TERM] = down[2] * kernel_width * LANES, right[2] * LANES
    strides[OUTPUT_ROW] = right[0] * LANES
    floor = floor_of(epilogue)
    for block in range(x.blocks):
        panel, bias = at(w, block * w.rows), at(bias_of(epilogue), block)
        for sample in range(low, high):
            source = at(x, block * x.rows + sample * seen[0] * seen[1])
            for row in range(height):
                offset = (block * y.rows + (sample * height + row) * width) * LANES
                out = advance(y, offset)
                _make_row(
                    tiles, kernel_width, row, width, seen, down, right, table, strides, source, panel, bias, out, floor
                )
                finish(epilogue, out, offset, width, y.channels - block * LANES)


def _make_row(tiles, kernel_width, row, width, seen, down, right, table, strides, source, panel, bias, out, floor):
    """One row of the output, phase by phase."""
    phases, move, _, _ = right
    upright = advance(table, row % down[0] * PHASE_FIELDS)
    line = row // down[0] * down[1] + upright[_LINE]
    top, bottom = _met(line, down[3], upright[_TAPS], seen[0])
    strides[LINES] = bottom - top
    image = at(source, (line + top * down[3]) * seen[1])
    weights = at(panel, (upright[_FIRST] + top * down[2]) * kernel_width)
    for phase in range(phases):
        level = advance(table, (down[0] + phase) * PHASE_FIELDS)
        i, count = 0, (width - phase + phases - 1) // phases
        while i < count:
            inside = level[_BEGIN] <= i and i < level[_END]
            height = min(level[_TILE], level[_END] - i) if inside else 1
            column = i * move + level[_LINE]
            first, last = _met(column, right[3], level[_TAPS], seen[1])
            strides[CASE], strides[TERMS] = height + HEIGHT if move == 2 else height, last - first
            call_lane_tile(
                tiles, strides, at(image, column + first * right[3]), at(weights, level[_FIRST] + first * right[2]),
                bias, at(out, phase + i * phases), floor,
            )  # fmt: skip
            i += height


def _met(line, apart, taps, size):
    """Which of the taps that begin at a line, and lie so far apart, are on an image of `size` lines: from, to."""
    first, last = 0, taps
    while first < last and (line + first * apart < 0 or line + first * apart >= size):
        first += 1
    while last > first and (line + (last - 1) * apart < 0 or line + (last - 1) * apart >= size):
        last -= 1
    return first, last
