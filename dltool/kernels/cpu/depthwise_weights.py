"""The weights' gradient of a depthwise convolution: all places of a small kernel at once, else a line of them."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.calls import call_lane_tile
from dltool.kernels.cpu.image import copy_padded, lies_bare
from dltool.kernels.cpu.kernel import kernel, lane_tile
from dltool.kernels.cpu.lane_tile import CASE, DY_LINE, KERNEL_LINE, LINES, TERMS, X_LINE, X_PIXEL, make_weight_tiles
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.registers import TALLEST
from dltool.kernels.cpu.vector import clear_vectors
from dltool.kernels.cpu.workspace import depthwise_weight_gradient_space
from dltool.kernels.geometry import covered, taps
from dltool.kernels.records import BATCH, LANES

#: places of the widest tile
WIDTH = TALLEST[1]
#: the kernel whose places are all added up at once, if there are registers for their sums
SQUARE = 3 if WIDTH >= 3 * 3 else 0
_weight_tiles = make_weight_tiles(WIDTH, SQUARE)


@lane_tile
def place_tiles(known, x, dy, start, out, least):
    """Places of a kernel: what is seen there times what comes back."""
    _weight_tiles(known, x, dy, start, out, least)


@kernel
def depthwise_weight_gradient(x, dy, dw, geometry, groups, tiles, workspace, step, low, high):
    """dw (groups, kh, kw, 1, C) = Σ over a group's samples of x (H, W, C) at the tap · dy (h, w, C).

    Works on the pairs of a group and a block of channels between `low` and `high`; overwrites their part of dw.
    """
    g, columns = geometry, x.blocks
    all_height, all_width = covered(g)
    strides, image = as_integers(workspace), at(workspace, depthwise_weight_gradient_space(g)[0])
    bare = lies_bare(g)
    line = (g.width if bare else all_width) * LANES
    strides[X_LINE], strides[X_PIXEL] = g.stride_height * line, g.stride_width * LANES
    strides[LINES], strides[TERMS] = g.out_height, g.out_width
    strides[KERNEL_LINE], strides[DY_LINE] = g.dilation_height * line, g.out_width * LANES
    if not bare:
        clear_vectors(image, all_height * all_width)
    for pair in range(low, high):
        group, block = pair // columns, pair % columns
        part = at(dw, block * dw.rows + group * taps(g))
        clear_vectors(part, taps(g))
        for sample in range(group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups):
            source = at(x, block * x.rows + sample * g.height * g.width)
            if not bare:
                copy_padded(source, g.height, g.width, image, g.top, g.left, all_height, all_width, 1)
                source = image
            upstream = at(dy, block * dy.rows + sample * g.out_height * g.out_width)
            _add_sample(tiles, g, strides, source, upstream, part)


def _add_sample(tiles, g, strides, image, upstream, part):
    """One sample's share of a block of channels."""
    square = g.kernel_height == SQUARE and g.kernel_width == SQUARE and g.dilation_width == 1
    tall, wide = SQUARE if square else 1, max(1, min(g.kernel_width, WIDTH)) if g.dilation_width == 1 else 1
    for k in range(0, g.kernel_height, tall):
        for m in range(0, g.kernel_width, wide):
            strides[CASE] = WIDTH + 1 if square else min(wide, g.kernel_width - m)
            seen = advance(image, k * strides[KERNEL_LINE] + m * g.dilation_width * LANES)
            out = at(part, k * g.kernel_width + m)
            call_lane_tile(tiles, strides, seen, upstream, out, out, float32(-inf))
