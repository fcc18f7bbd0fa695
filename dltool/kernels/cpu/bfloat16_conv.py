"""Convolutions in bfloat16, on words that hold two channels each.

Words lie as the channels of float32 do, and so forward is the convolution of float32 with another tile.
"""

from __future__ import annotations

from dltool.kernels.cpu.conv import convolve, finish_blocks
from dltool.kernels.cpu.epilogue import bias_of, floor_of
from dltool.kernels.cpu.image import backward_taps, by_phases, lies_bare_backward, padded_upstream
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import as_integers, at
from dltool.kernels.cpu.product import columns_together
from dltool.kernels.cpu.registers import WORDS_ACROSS
from dltool.kernels.cpu.vector import clear_vectors
from dltool.kernels.cpu.workspace import bfloat16_conv_data_gradient_space
from dltool.kernels.geometry import margins
from dltool.kernels.records import LANES


@kernel
def bfloat16_conv(x, w, y, geometry, epilogue, tiles, workspace, step, low, high):
    """y (h, w, N) = epilogue(Σ over the taps of x (H, W, C) · w + bias (N)); overwrites y and the epilogue's output."""
    convolve(x, w, y, geometry, epilogue, tiles, WORDS_ACROSS, workspace, low, high)


@kernel
def bfloat16_conv_data_gradient(dy, w, dx, geometry, epilogue, tiles, workspace, step, low, high):
    """dx (H, W, C) = epilogue(Σ over the taps of dy (h, w, N) · wᵀ + bias (C)); overwrites dx and the output."""
    g, depth = geometry, dy.blocks
    _, _, all_height, all_width = margins(g)
    bare = lies_bare_backward(g)
    table, between = as_integers(workspace), dy.rows if bare else all_height * all_width
    backward_taps(g, table, depth, between, dy.channels)
    at_image, at_pixels, _ = bfloat16_conv_data_gradient_space(g, depth)
    image, pixels = at(workspace, at_image), at(workspace, at_pixels)
    if not bare:
        clear_vectors(image, depth * between)
    floor = floor_of(epilogue)
    for sample in range(low, high):
        source = padded_upstream(dy, g, sample, image)
        block = 0
        while block < dx.blocks:
            columns = columns_together(min(WORDS_ACROSS, dx.blocks - block))
            panels, bias = (at(w, block * w.rows), w.rows * LANES), (at(bias_of(epilogue), block), 0, LANES)
            place = block * dx.rows + sample * g.height * g.width
            out = at(dx, place), dx.rows * LANES
            by_phases(tiles, g, table, source, panels, bias, columns, pixels, out, floor)
            finish_blocks(epilogue, dx, block, columns, place, g.height * g.width)
            block += columns
