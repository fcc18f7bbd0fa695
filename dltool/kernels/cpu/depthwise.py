"""Convolutions that keep channels apart: a block of 16 channels at a time, row by row, straight from the image.

Along either axis an output sees places of the kernel that lie evenly apart, fewer near the border. On the way back from
y to x, the outputs whose number leaves the same rest by the stride see the same places: they are a phase.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    bits_as_number,
    blocks,
    call_lane_tile,
    channels,
    float_pointer,
    floats,
    rows,
)
from dltool.kernels.cpu.image import OPERANDS, TALLEST, sizes, steps, table_of, tiles_of, workspace
from dltool.kernels.cpu.kernel import kernel, lane_tile
from dltool.kernels.cpu.lane_tile import (
    IMAGE_LINE,
    IMAGE_TERM,
    OUTPUT_ROW,
    WEIGHT_LINE,
    WEIGHT_TERM,
    make_output_tiles,
)
from dltool.kernels.cpu.matmul import finish
from dltool.kernels.cpu.vector import inlined
from dltool.kernels.records import EPILOGUE_FIELDS, GEOMETRY_FIELDS, LANES, OPERAND, PHASE_FIELDS

_EPILOGUE = OPERANDS * OPERAND + GEOMETRY_FIELDS

# a phase: its first place of the kernel, the line that its first output sees there, how many places it has, between
# which outputs all of these are on the image, and how many of such outputs are a tile
_FIRST, _LINE, _PLACES, _BEGIN, _END, _TILE = range(PHASE_FIELDS)

_output_tiles = make_output_tiles(TALLEST)


@lane_tile
def lane_tiles(case, lines, terms, strides, image, w, bias, out, least):
    """Pixels of an output: places of a kernel times what is seen there."""
    _output_tiles(case, lines, terms, strides, image, w, bias, out, least)


@kernel
def depthwise(a, step, low, high):
    """y (h, w, C) = epilogue(Σ over the places of x (H, W, C) · w + bias (C)); overwrites y and the output."""
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, dilation_width, top, left = steps(a)
    down, right = (1, stride_height, 1, dilation_height), (1, stride_width, 1, dilation_width)
    table = table_of(workspace(a, EPILOGUE_FIELDS))
    _set_phase(table, 0, down, 0, -top, kernel_height, height, out_height)
    _set_phase(table, 1, right, 0, -left, kernel_width, width, out_width)
    _convolve(a, low, high, (height, width), (out_height, out_width), down, right, table)


@kernel
def depthwise_data_gradient(a, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the places of dy (h, w, C) · w + bias (C)); overwrites dx and the output."""
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, dilation_width, top, left = steps(a)
    down, right = _backward(stride_height, dilation_height), _backward(stride_width, dilation_width)
    table = table_of(workspace(a, EPILOGUE_FIELDS))
    for phase in range(stride_height):
        _set_backward_phase(table, phase, phase, down, dilation_height, top, kernel_height, out_height, height)
    for phase in range(stride_width):
        entry = stride_height + phase
        _set_backward_phase(table, entry, phase, right, dilation_width, left, kernel_width, out_width, width)
    _convolve(a, low, high, (out_height, out_width), (height, width), down, right, table)


@inlined
def _backward(stride, dilation):
    """Of an axis on the way back: phases, lines between outputs of one; kernel places apart, lines between these."""
    apart = 1
    while apart * dilation % stride != 0:
        apart += 1
    return stride, 1, apart, -(apart * dilation // stride)


@inlined
def _set_backward_phase(table, entry, phase, axis, dilation, before, kernel, size, count):
    stride, _, apart, _ = axis
    first = 0
    while first < kernel and (phase + before - first * dilation) % stride != 0:
        first += 1
    line = (phase + before - first * dilation) // stride
    places, outputs = -(-(kernel - first) // apart), (count - phase + stride - 1) // stride
    _set_phase(table, entry, axis, first, line, places, size, outputs)


@inlined
def _set_phase(table, entry, axis, first, line, places, size, count):
    """Write a phase that sees an image of `size` lines and has `count` outputs."""
    _, move, _, apart = axis
    reach = (places - 1) * apart
    begin = min(count, max(0, -((line + min(0, reach)) // move)))
    end = max(begin, min(count, -((line + max(0, reach) - size) // move)))
    pieces = max(1, -(-(end - begin) // TALLEST))
    base = entry * PHASE_FIELDS
    table[base + _FIRST], table[base + _LINE], table[base + _PLACES] = first, line, places
    table[base + _BEGIN], table[base + _END] = begin, end
    table[base + _TILE] = -(-(end - begin) // pieces) if move <= 2 else 1


@inlined
def _convolve(a, low, high, seen, made, down, right, table):
    """Samples of images of one size from those of another; both axes, and the table of their phases."""
    x, w, y = floats(a, 0), floats(a, 1), floats(a, 2)
    _, _, _, _, _, kernel_width = sizes(a)
    height, width = made
    strides = advance(table, (down[0] + right[0]) * PHASE_FIELDS)
    strides[IMAGE_LINE], strides[IMAGE_TERM] = down[3] * seen[1] * LANES, right[3] * LANES
    strides[WEIGHT_LINE], strides[WEIGHT_TERM] = down[2] * kernel_width * LANES, right[2] * LANES
    strides[OUTPUT_ROW] = right[0] * LANES
    for block in range(blocks(a, 0)):
        panel, bias = at(w, block * rows(a, 1)), at(float_pointer(a[_EPILOGUE]), block)
        for sample in range(low, high):
            source = at(x, block * rows(a, 0) + sample * seen[0] * seen[1])
            for row in range(height):
                offset = (block * rows(a, 2) + (sample * height + row) * width) * LANES
                _make_row(a, row, width, seen, down, right, table, strides, source, panel, bias, advance(y, offset))
                finish(a, _EPILOGUE, advance(y, offset), offset, width, channels(a, 2) - block * LANES)


@inlined
def _make_row(a, row, width, seen, down, right, table, strides, source, panel, bias, out):
    """One row of the output, phase by phase."""
    tiles, least = tiles_of(a, EPILOGUE_FIELDS), float32(bits_as_number(a[_EPILOGUE + 1]))
    _, _, _, _, _, kernel_width = sizes(a)
    phases, move, _, _ = right
    upright = advance(table, row % down[0] * PHASE_FIELDS)
    line = row // down[0] * down[1] + upright[_LINE]
    top, bottom = _met(line, down[3], upright[_PLACES], seen[0])
    image = at(source, (line + top * down[3]) * seen[1])
    weights = at(panel, (upright[_FIRST] + top * down[2]) * kernel_width)
    for phase in range(phases):
        level = advance(table, (down[0] + phase) * PHASE_FIELDS)
        i, count = 0, (width - phase + phases - 1) // phases
        while i < count:
            inside = level[_BEGIN] <= i and i < level[_END]
            height = min(level[_TILE], level[_END] - i) if inside else 1
            column = i * move + level[_LINE]
            first, last = _met(column, right[3], level[_PLACES], seen[1])
            call_lane_tile(
                tiles, height + TALLEST if move == 2 else height, bottom - top, last - first, strides,
                at(image, column + first * right[3]), at(weights, level[_FIRST] + first * right[2]), bias,
                at(out, phase + i * phases), least,
            )  # fmt: skip
            i += height


@inlined
def _met(line, apart, places, size):
    """Which of the places that begin at a line, and lie so far apart, are on an image of `size` lines: from, to."""
    first, last = 0, places
    while first < last and (line + first * apart < 0 or line + first * apart >= size):
        first += 1
    while last > first and (line + (last - 1) * apart < 0 or line + (last - 1) * apart >= size):
        last -= 1
    return first, last
