"""Weights for Winograd convolutions, and their gradients.

A gradient is made like that of a direct convolution: fixed groups of samples have a part each, which is added up at the
points and transformed back when the group is done.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.blank import clear_idle_taps
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_rows
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import rows_of_tiles, set_tap
from dltool.kernels.cpu.transform import make_transform, make_transform_of_rows
from dltool.kernels.cpu.vector import clear_vectors, copy_vectors
from dltool.kernels.cpu.winograd import result_line, row_or_zeros, transform_columns, transform_lines
from dltool.kernels.cpu.workspace import winograd_weight_gradient_space, winograd_weights_space
from dltool.kernels.geometry import taps
from dltool.kernels.records import BATCH, LANES
from dltool.kernels.winograd import (
    BAND,
    POINTS,
    matrices,
    output_width,
    rows_together,
    tile_counts,
    tile_sizes,
    window_sizes,
)

_weights_3, _weights_5 = (make_transform(matrices(size).weight) for size in (3, 5))
_back_3, _back_5 = (make_transform(matrices(size).weight.T) for size in (3, 5))
_gradient_rows_3, _gradient_rows_5 = (make_transform_of_rows(matrices(size).output.T) for size in (3, 5))
_gradient_line_3, _gradient_line_5 = (make_transform(matrices(size).output.T) for size in (3, 5))


@kernel
def winograd_weights(w, u, kernel_height, kernel_width, channels, workspace, step, low, high):
    """u (points, C, N) of w (kh, kw, C, N), for the whole columns between two vectors; overwrites them."""
    stored, u = u.rows, at(u, -low * u.is_chunk)
    kernel = kernel_height, kernel_width
    for block in range(low // stored, high // stored):
        source, target = at(w, block * w.rows), at(u, block * stored)
        for row in range(channels):
            _transform_weights(kernel, at(source, row), channels * LANES, at(target, row), channels * LANES, workspace)
        _clear_rest(kernel_height, target, channels, stored)


@kernel
def winograd_turned_weights(w, u, kernel_height, kernel_width, channels, workspace, step, low, high):
    """u (points, N, C) of w (kh, kw, C, N), rotated by half a turn, for whole columns; overwrites them."""
    stored, u = u.rows, at(u, -low * u.is_chunk)
    kernel, taps = (kernel_height, kernel_width), kernel_height * kernel_width
    places = winograd_weights_space(kernel_height, kernel_width)
    panel, spare = at(workspace, places[0]), at(workspace, places[1])
    for block in range(low // stored, high // stored):
        used = min(LANES, channels - block * LANES)
        for part in range(w.blocks):
            for tap in range(taps):
                source = at(w, part * w.rows + (taps - 1 - tap) * channels + block * LANES)
                transpose_rows(source, used, spare, at(panel, tap * LANES))
            target = at(u, block * stored + part * LANES)
            for row in range(min(LANES, w.channels - part * LANES)):
                _transform_weights(
                    kernel, at(panel, row), LANES * LANES, at(target, row), w.channels * LANES, workspace
                )
        _clear_rest(kernel_height, at(u, block * stored), w.channels, stored)


def _clear_rest(kernel_height, u, width, stored):
    """Zero what is stored of a block of columns behind its last row, with `width` rows at each point."""
    count = width * (1 if kernel_height == 1 else POINTS) * POINTS
    clear_vectors(at(u, count), stored - count)


def _transform_weights(kernel, source, tap_step, target, point_step, square):
    """All points of one row of weights; its taps and points are the given steps apart, in floats."""
    kernel_height, kernel_width = kernel
    step = tap_step
    if kernel_height > 1:
        for m in range(kernel_width):
            column, across = advance(source, m * tap_step), kernel_width * tap_step
            if kernel_height == 3:
                _weights_3(column, across, at(square, m), kernel_width * LANES)
            else:
                _weights_5(column, across, at(square, m), kernel_width * LANES)
        source, step = square, LANES
    for i in range(1 if kernel_height == 1 else POINTS):
        line, out = advance(source, i * kernel_width * step), advance(target, i * POINTS * point_step)
        if kernel_width == 3:
            _weights_3(line, step, out, point_step)
        else:
            _weights_5(line, step, out, point_step)


@kernel
def winograd_weight_gradient(x, dy, dw, geometry, groups, tiles, workspace, step, low, high):
    """dw (groups, kh, kw, C, N) = Σ over a group's samples of x (H, W, C) at the tap · dy (h, w, N).

    Works on the pairs of a group and a block of N between `low` and `high`; overwrites their part of dw.
    """
    g, columns, count = geometry, dw.blocks, taps(geometry) * x.channels
    places = winograd_weight_gradient_space(g, x.blocks, x.channels, columns)
    clear_vectors(at(workspace, places[0]), places[3] - places[0])
    for group in range(low // columns, (high - 1) // columns + 1):
        samples = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        stop = min(columns, high - group * columns)
        for block in range(max(0, low - group * columns), stop, BAND):
            part = at(dw, block * dw.rows + group * count)
            band = min(BAND, stop - block)
            if samples[0] == samples[1]:
                for i in range(band):
                    clear_vectors(at(part, i * dw.rows), count)
            else:
                _add_group(tiles, g, x, dy, dw.rows, samples, block, band, part, places, workspace)
                clear_idle_taps(g, x, dy, dw.rows, samples, block, band, part)


def _add_group(tiles, g, x, dy, dw_rows, samples, block, count, part, places, workspace):
    """A group's sums for `count` blocks of columns, a few rows of tiles at a time."""
    seen_height, _ = window_sizes(g)
    height, across = tile_counts(g)
    depth, width, together = x.blocks, x.channels, rows_together(across)
    stored, table = together * across + 1, as_integers(workspace)
    zeros, lines, lines_of_y = at(workspace, places[0]), at(workspace, places[1]), at(workspace, places[2])
    transformed, upstream, sums = at(workspace, places[3]), at(workspace, places[4]), at(workspace, places[5])
    points = seen_height * POINTS
    low, high = samples[0] * height, samples[1] * height
    for first in range(low, high, together):
        end = min(first + together, high)
        transform_columns(g, x, first, end, zeros, lines)
        for j in range(count):
            for row in range(first, end):
                _transform_upstream(g, dy, block + j, row, zeros, result_line(g, lines_of_y, j, row - first, 0))
        set_tap(table, 0, 0, 0, (end - first) * across)
        for i in range(seen_height):
            transform_lines(g, depth, end - first, i, lines, transformed)
            for j in range(count):
                _transform_upstream_lines(g, end - first, result_line(g, lines_of_y, j, 0, i), upstream)
                line = at(sums, (j * points + i * POINTS) * width)
                _add_products(tiles, depth, width, table, transformed, upstream, line, stored, zeros, first == low)
    for j in range(count):
        _transform_back(g, width, at(sums, j * points * width), upstream, at(part, j * dw_rows))


def _add_products(tiles, depth, width, table, transformed, upstream, sums, stored, zeros, first):
    """At every point of a line the products of all channels of x with a block of dy."""
    for point in range(POINTS):
        for i in range(depth):
            out = at(sums, point * width + i * LANES)
            start = (zeros, 0, 0) if first else (out, LANES, 0)
            rows_of_tiles(
                tiles, min(LANES, width - i * LANES), 1, 1, table,
                at(transformed, (point * depth + i) * stored), 1, LANES,
                (at(upstream, point * stored), 0), start, (out, 0), float32(-inf),
            )  # fmt: skip


def _transform_upstream(g, dy, block, row, zeros, lines):
    """One block of one row of tiles of dy along the height; there are zeros where tiles reach beyond the image."""
    height, width = g.out_height, g.out_width
    down, _ = tile_sizes(g)
    per_image, _ = tile_counts(g)
    image, begin = at(dy, block * dy.rows + row // per_image * height * width), row % per_image * down
    line = output_width(g) * LANES
    if down == 1:
        copy_vectors(at(image, begin * width), lines, width)
    elif g.kernel_height == 3:
        sources = (
            row_or_zeros(image, begin, height, width, zeros),
            row_or_zeros(image, begin + 1, height, width, zeros),
            row_or_zeros(image, begin + 2, height, width, zeros),
            row_or_zeros(image, begin + 3, height, width, zeros),
        )
        for column in range(width):
            _gradient_rows_3(sources, column * LANES, at(lines, column), line)
    else:
        two = (row_or_zeros(image, begin, height, width, zeros), row_or_zeros(image, begin + 1, height, width, zeros))
        for column in range(width):
            _gradient_rows_5(two, column * LANES, at(lines, column), line)


def _transform_upstream_lines(g, count, lines, upstream):
    """One line of `count` rows of tiles of dy along the width, point by point."""
    _, right = tile_sizes(g)
    seen_height, _ = window_sizes(g)
    _, across = tile_counts(g)
    step = (rows_together(across) * across + 1) * LANES
    for row in range(count):
        source = at(lines, row * seen_height * output_width(g))
        for tile in range(across):
            target = at(upstream, row * across + tile)
            if g.kernel_width == 3:
                _gradient_line_3(at(source, tile * right), LANES, target, step)
            else:
                _gradient_line_5(at(source, tile * right), LANES, target, step)


def _transform_back(g, width, sums, square, part):
    """The gradient of the weights from its values at the points, a row of one block of columns at a time."""
    kernel_height, kernel_width = g.kernel_height, g.kernel_width
    for row in range(width):
        source, step = at(sums, row), width * LANES
        if kernel_height > 1:
            for j in range(POINTS):
                column = advance(source, j * step)
                if kernel_height == 3:
                    _back_3(column, POINTS * step, at(square, j), POINTS * LANES)
                else:
                    _back_5(column, POINTS * step, at(square, j), POINTS * LANES)
            source, step = square, LANES
        for k in range(kernel_height):
            line, out = advance(source, k * POINTS * step), at(part, k * kernel_width * width + row)
            if kernel_width == 3:
                _back_3(line, step, out, width * LANES)
            else:
                _back_5(line, step, out, width * LANES)
