"""Convolutions that keep channels apart: a block of 16 channels at a time, each tap one vector times one vector."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    attribute,
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
from dltool.kernels.cpu.matmul import finish
from dltool.kernels.cpu.vector import constant, inlined, store
from dltool.kernels.records import BATCH, EPILOGUE_FIELDS, GEOMETRY_FIELDS, LANES, OPERAND

_EPILOGUE = OPERANDS * OPERAND + GEOMETRY_FIELDS


@kernel
def depthwise(a, step, low, high):
    """y (h, w, C) = epilogue(Σ over the taps of x (H, W, C) · w + bias (C)); overwrites y and the epilogue's output."""
    x, w, y = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, _, _, top, left = steps(a)
    all_height, all_width = reached(a)
    tiles, space = tiles_of(a, EPILOGUE_FIELDS), workspace(a, EPILOGUE_FIELDS)
    table = table_of(space)
    image = behind_table(space, kernel_height * kernel_width)
    bare = lies_bare(a)
    phase_width = -(-all_width // stride_width)
    line = width if bare else phase_width * stride_width
    taps = _forward_taps(a, table, line, phase_width)
    if not bare:
        clear(image, all_height * line)
    least = float32(bits_as_number(a[_EPILOGUE + 1]))
    for block in range(blocks(a, 0)):
        panel, bias = at(w, block * rows(a, 1)), at(float_pointer(a[_EPILOGUE]), block)
        for sample in range(low, high):
            source = at(x, block * rows(a, 0) + sample * height * width)
            if not bare:
                copy_padded(source, height, width, image, top, left, all_height, all_width, stride_width)
                source = image
            place = (block * rows(a, 2) + sample * out_height * out_width) * LANES
            for row in range(out_height):
                here = at(source, row * stride_height * line)
                out = advance(y, place + row * out_width * LANES)
                rows_of_tiles(tiles, out_width, taps, table, here, LANES, LANES, panel, bias, 0, out, least)
            finish(a, _EPILOGUE, advance(y, place), place, out_height * out_width, channels(a, 2) - block * LANES)


@inlined
def joined_places(a):
    """How many places of the kernel are one tap: a line of them, where they are pixels side by side."""
    _, _, _, _, _, kernel_width = sizes(a)
    _, stride_width, _, dilation_width, _, _ = steps(a)
    return kernel_width if stride_width == 1 and dilation_width == 1 else 1


@inlined
def _forward_taps(a, table, line, phase_width):
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    _, stride_width, dilation_height, dilation_width, _, _ = steps(a)
    joined = joined_places(a)
    tap = 0
    for k in range(kernel_height):
        for side in range(kernel_width // joined):
            column = side * joined * dilation_width
            place = k * dilation_height * line + column % stride_width * phase_width + column // stride_width
            set_tap(table, tap, place * LANES, (k * kernel_width + side * joined) * LANES, joined)
            tap += 1
    return tap


@kernel
def depthwise_data_gradient(a, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the taps of dy (h, w, C) · w + bias (C)); overwrites dx and the output."""
    dy, w, dx = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, _, _, _, _ = steps(a)
    above, before, all_height, all_width = margins(a)
    tiles, space = tiles_of(a, EPILOGUE_FIELDS), workspace(a, EPILOGUE_FIELDS)
    table = table_of(space)
    backward_taps(a, table, 1, 0, 1, 1, joined_places(a))
    image = behind_table(space, kernel_height * kernel_width + stride_height * stride_width)
    pixels = at(image, all_height * all_width)
    clear(image, all_height * all_width)
    least = float32(bits_as_number(a[_EPILOGUE + 1]))
    for block in range(blocks(a, 0)):
        panel, bias = at(w, block * rows(a, 1)), at(float_pointer(a[_EPILOGUE]), block)
        for sample in range(low, high):
            source = at(dy, block * rows(a, 0) + sample * out_height * out_width)
            copy_padded(source, out_height, out_width, image, above, before, all_height, all_width, 1)
            place = (block * rows(a, 2) + sample * height * width) * LANES
            out = advance(dx, place)
            by_phases(tiles, -LANES, a, table, image, panel, bias, pixels, out, least)
            finish(a, _EPILOGUE, out, place, height * width, channels(a, 2) - block * LANES)


@kernel
def depthwise_weight_gradient(a, step, low, high):
    """dw (groups, kh, kw, 1, C) = Σ over a group's samples of x (H, W, C) at the place · dy (h, w, C).

    Works on the pairs of a group and a block of channels between `low` and `high`; overwrites their part of dw.
    """
    x, dy, dw = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, _, _, _, top, left = steps(a)
    columns, groups = blocks(a, 0), attribute(a, OPERANDS, GEOMETRY_FIELDS)
    tiles, space = tiles_of(a, 1), workspace(a, 1)
    all_height, all_width = reached(a)
    table = table_of(space)
    zeros = behind_table(space, out_height)
    image = at(zeros, 1)
    store(zeros, 0, constant(0))
    bare = lies_bare(a)
    line = width if bare else all_width
    for row in range(out_height):
        set_tap(table, row, row * stride_height * line * LANES, row * out_width * LANES, out_width)
    if not bare:
        clear(image, all_height * all_width)
    for pair in range(low, high):
        group, block = pair // columns, pair % columns
        first, end = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        part = at(dw, block * rows(a, 2) + group * kernel_height * kernel_width)
        if first == end:
            clear(part, kernel_height * kernel_width)
        for sample in range(first, end):
            source = at(x, block * rows(a, 0) + sample * height * width)
            if not bare:
                copy_padded(source, height, width, image, top, left, all_height, all_width, 1)
                source = image
            upstream = at(dy, block * rows(a, 1) + sample * out_height * out_width)
            _add_sample(tiles, a, sample == first, table, source, upstream, zeros, part, line)


@inlined
def _add_sample(tiles, a, fresh, table, image, upstream, zeros, part, line):
    """One sample's share of a block: line by line of the kernel, or place by place where these are apart."""
    _, _, out_height, _, kernel_height, kernel_width = sizes(a)
    _, stride_width, dilation_height, dilation_width, _, _ = steps(a)
    joined = kernel_width if dilation_width == 1 else 1
    for k in range(kernel_height):
        for place in range(kernel_width // joined):
            m = place * joined
            seen, out = at(image, k * dilation_height * line + m * dilation_width), at(part, k * kernel_width + m)
            start, start_step = (zeros, 0) if fresh else (out, LANES)
            rows_of_tiles(
                tiles, joined, out_height, table, seen, LANES, stride_width * LANES,
                upstream, start, start_step, out, float32(-inf),
            )  # fmt: skip
