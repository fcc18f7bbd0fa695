"""Gradients of convolution weights in bfloat16: sums over pairs of pixels that lie side by side.

A sample of dy is copied as words of pixels 0 and 1, 2 and 3, …; one of x, with zeros around it, as these and as words
of pixels 1 and 2, 3 and 4, …, for taps an odd number of pixels away. As in float32, each group of samples has a part.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.conv_weights import clear_part
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pairs import words_of_pixels
from dltool.kernels.cpu.pointers import as_integers, at
from dltool.kernels.cpu.product import rows_of_tiles, set_tap
from dltool.kernels.cpu.vector import clear_vectors, constant, load, store
from dltool.kernels.cpu.workspace import bfloat16_conv_weight_gradient_space, pixel_shifts, pixel_words
from dltool.kernels.geometry import covered
from dltool.kernels.records import BATCH, LANES


@kernel
def bfloat16_conv_weight_gradient(x, dy, dw, geometry, groups, channels, tiles, workspace, step, low, high):
    """dw (groups, kh, kw, C, N) = Σ over a group's samples of x (H, W, C) at the tap · dy (h, w, N).

    Works on the pairs of a group and a block of N between `low` and `high`; overwrites their part of dw.
    """
    g, columns, depth = geometry, dw.blocks, (channels + LANES - 1) // LANES
    height, _ = covered(g)
    at_zeros, at_image, at_upstream, _ = bfloat16_conv_weight_gradient_space(g, x.blocks)
    table, zeros = as_integers(workspace), at(workspace, at_zeros)
    image, upstream = at(workspace, at_image), at(workspace, at_upstream)
    store(zeros, 0, constant(0))
    line, pairs = g.stride_width * pixel_words(g), (g.out_width + 1) // 2
    for row in range(g.out_height):
        set_tap(table, row, row * g.stride_height * line * LANES, row * pairs * LANES, pairs)
    clear_vectors(image, pixel_shifts(g) * 2 * x.blocks * height * line)
    for group in range(low // columns, (high - 1) // columns + 1):
        first, end = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        begin, stop = max(0, low - group * columns), min(columns, high - group * columns)
        if first == end:
            clear_part(g, channels, dw, group, begin, stop)
        for sample in range(first, end):
            for block in range(depth):
                for shift in range(pixel_shifts(g)):
                    target = at(image, (shift * depth + block) * height * line)
                    _pair_image(g, at(x, block // 2 * x.rows), sample, block % 2, shift, zeros, target)
            for block in range(begin, stop):
                source = at(dy, block // 2 * dy.rows + sample * g.out_height * g.out_width)
                _pair_lines(source, g.out_height, g.out_width, block % 2, zeros, upstream)
                part = at(dw, block * dw.rows + group * g.kernel_height * g.kernel_width * channels)
                _add_sample(tiles, g, channels, part, sample == first, table, image, height * line, upstream, zeros)


def _pair_image(g, x, sample, upper, shift, zeros, target):
    """Words of pixels of 16 channels, with zeros around them; columns are sorted by their place within a stride."""
    height, _ = covered(g)
    words = pixel_words(g)
    for row in range(max(0, -g.top), min(g.height, height - g.top)):
        source = at(x, (sample * g.height + row) * g.width)
        for phase in range(g.stride_width):
            out = at(target, ((row + g.top) * g.stride_width + phase) * words)
            for word in range(words):
                column = (2 * word + shift) * g.stride_width + phase - g.left
                one = _pixel(source, column, g.width, zeros)
                other = _pixel(source, column + g.stride_width, g.width, zeros)
                store(out, word * LANES, words_of_pixels(load(one, 0), load(other, 0), upper))


def _pixel(line, column, width, zeros):
    """Where a pixel of a line is, or zeros where there is none."""
    return at(line, column) if column >= 0 and column < width else zeros


def _pair_lines(dy, height, width, upper, zeros, target):
    """Words of pixels of 16 channels, line by line."""
    pairs = (width + 1) // 2
    for row in range(height):
        for pair in range(pairs):
            here = at(dy, row * width + 2 * pair)
            other = at(here, 1) if 2 * pair + 1 < width else zeros
            store(target, (row * pairs + pair) * LANES, words_of_pixels(load(here, 0), load(other, 0), upper))


def _add_sample(tiles, g, channels, part, fresh, table, image, between, upstream, zeros):
    """One sample's share of a block of columns: tap by tap, 16 channels at a time."""
    depth, words = (channels + LANES - 1) // LANES, pixel_words(g)
    for k in range(g.kernel_height):
        for m in range(g.kernel_width):
            column = m * g.dilation_width
            phase, place = column % g.stride_width, column // g.stride_width
            first = (k * g.dilation_height * g.stride_width + phase) * words + place // 2
            for block in range(depth):
                source = at(image, (place % 2 * depth + block) * between + first)
                out = at(part, (k * g.kernel_width + m) * channels + block * LANES)
                start = (zeros, 0, 0) if fresh else (out, LANES, 0)
                rows_of_tiles(
                    tiles, min(LANES, channels - block * LANES), 1, g.out_height, table, source, 1, LANES,
                    (upstream, 0), start, (out, 0), float32(-inf),
                )  # fmt: skip
