"""The weights' gradient of a depthwise convolution: all places of a small kernel at once, else a line of them."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.arguments import advance, at, attribute, blocks, call_lane_tile, floats, rows
from dltool.kernels.cpu.image import (
    OPERANDS,
    TALLEST,
    behind_integers,
    clear,
    copy_padded,
    lies_bare,
    reached,
    sizes,
    steps,
    table_of,
    tiles_of,
    workspace,
)
from dltool.kernels.cpu.kernel import kernel, lane_tile
from dltool.kernels.cpu.lane_tile import DY_LINE, KERNEL_LINE, X_LINE, X_PIXEL, make_weight_tiles
from dltool.kernels.cpu.vector import inlined
from dltool.kernels.records import BATCH, GEOMETRY_FIELDS, LANES, STRIDES

#: the kernel whose places are all added up at once, if there are registers for their sums
SQUARE = 3 if TALLEST >= 3 * 3 else 0
_weight_tiles = make_weight_tiles(TALLEST, SQUARE)


@lane_tile
def place_tiles(case, lines, pixels, strides, x, dy, start, out, least):
    """Places of a kernel: what is seen there times what comes back."""
    _weight_tiles(case, lines, pixels, strides, x, dy, start, out, least)


@kernel
def depthwise_weight_gradient(a, step, low, high):
    """dw (groups, kh, kw, 1, C) = Σ over a group's samples of x (H, W, C) at the place · dy (h, w, C).

    Works on the pairs of a group and a block of channels between `low` and `high`; overwrites their part of dw.
    """
    x, dy, dw = floats(a, 0), floats(a, 1), floats(a, 2)
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    stride_height, stride_width, dilation_height, _, top, left = steps(a)
    columns, groups = blocks(a, 0), attribute(a, OPERANDS, GEOMETRY_FIELDS)
    all_height, all_width = reached(a)
    strides = table_of(workspace(a, 1))
    image = behind_integers(workspace(a, 1), STRIDES)
    bare = lies_bare(a)
    line = (width if bare else all_width) * LANES
    strides[X_LINE], strides[X_PIXEL] = stride_height * line, stride_width * LANES
    strides[KERNEL_LINE], strides[DY_LINE] = dilation_height * line, out_width * LANES
    if not bare:
        clear(image, all_height * all_width)
    for pair in range(low, high):
        group, block = pair // columns, pair % columns
        part = at(dw, block * rows(a, 2) + group * kernel_height * kernel_width)
        clear(part, kernel_height * kernel_width)
        for sample in range(group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups):
            source = at(x, block * rows(a, 0) + sample * height * width)
            if not bare:
                copy_padded(source, height, width, image, top, left, all_height, all_width, 1)
                source = image
            _add_sample(a, strides, source, at(dy, block * rows(a, 1) + sample * out_height * out_width), part)


@inlined
def _add_sample(a, strides, image, upstream, part):
    """One sample's share of a block of channels."""
    _, _, out_height, out_width, kernel_height, kernel_width = sizes(a)
    _, _, _, dilation_width, _, _ = steps(a)
    square = kernel_height == SQUARE and kernel_width == SQUARE and dilation_width == 1
    tall, wide = SQUARE if square else 1, max(1, min(kernel_width, TALLEST)) if dilation_width == 1 else 1
    for k in range(0, kernel_height, tall):
        for m in range(0, kernel_width, wide):
            case = TALLEST + 1 if square else min(wide, kernel_width - m)
            seen = advance(image, k * strides[KERNEL_LINE] + m * dilation_width * LANES)
            out = at(part, k * kernel_width + m)
            call_lane_tile(
                tiles_of(a, 1), case, out_height, out_width, strides, seen, upstream, out, out, float32(-inf)
            )
