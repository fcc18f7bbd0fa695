"""Weights for Winograd convolutions, and their gradients.

A gradient is made like that of a direct convolution: fixed groups of samples have a part each, which is added up at the
points and transformed back when the group is done.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.arguments import advance, at, attribute, blocks, channels, float_pointer, floats, origin, rows
from dltool.kernels.cpu.blank import clear_idle_taps
from dltool.kernels.cpu.image import (
    OPERANDS,
    behind_table,
    clear,
    rows_of_tiles,
    set_tap,
    table_of,
    tiles_of,
    workspace,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.transform import make_transform, make_transform_of_rows
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.cpu.winograd import (
    image_sizes,
    line_width,
    result_line,
    row_or_zeros,
    rows_together,
    tile_counts,
    tile_sizes,
    transform_columns,
    transform_lines,
    upright_width,
)
from dltool.kernels.records import BATCH, GEOMETRY_FIELDS, KERNEL_HEIGHT, KERNEL_WIDTH, LANES
from dltool.kernels.winograd import BAND, POINTS, matrices

_weights_3, _weights_5 = (make_transform(matrices(size).weight) for size in (3, 5))
_back_3, _back_5 = (make_transform(matrices(size).weight.T) for size in (3, 5))
_gradient_rows_3, _gradient_rows_5 = (make_transform_of_rows(matrices(size).output.T) for size in (3, 5))
_gradient_line_3, _gradient_line_5 = (make_transform(matrices(size).output.T) for size in (3, 5))


#: operands of the ops that transform weights: w and u
_BOTH = 2


@kernel
def winograd_weights(a, step, low, high):
    """u (points, C, N) of w (kh, kw, C, N), for the whole columns between two vectors; overwrites them."""
    w, u, width = floats(a, 0), at(floats(a, 1), -origin(a, 1, low)), attribute(a, _BOTH, 2)
    square = float_pointer(attribute(a, _BOTH, 3))
    for block in range(low // rows(a, 1), high // rows(a, 1)):
        source, target = at(w, block * rows(a, 0)), at(u, block * rows(a, 1))
        for row in range(width):
            _transform_weights(a, at(source, row), width * LANES, at(target, row), width * LANES, square)
        _clear_rest(a, target, width)


@kernel
def winograd_turned_weights(a, step, low, high):
    """u (points, N, C) of w (kh, kw, C, N), turned about its middle, for whole columns; overwrites them."""
    w, u, width, out_width = floats(a, 0), at(floats(a, 1), -origin(a, 1, low)), attribute(a, _BOTH, 2), channels(a, 0)
    taps = attribute(a, _BOTH, 0) * attribute(a, _BOTH, 1)
    square = float_pointer(attribute(a, _BOTH, 3))
    panel = at(square, POINTS * POINTS)
    spare = at(panel, taps * LANES)
    for block in range(low // rows(a, 1), high // rows(a, 1)):
        used = min(LANES, width - block * LANES)
        for part in range(blocks(a, 0)):
            for tap in range(taps):
                source = at(w, part * rows(a, 0) + (taps - 1 - tap) * width + block * LANES)
                for i in range(LANES):
                    store(spare, i * LANES, load(source, i * LANES) if i < used else constant(0))
                transpose_block(spare, at(panel, tap * LANES))
            target = at(u, block * rows(a, 1) + part * LANES)
            for row in range(min(LANES, out_width - part * LANES)):
                _transform_weights(a, at(panel, row), LANES * LANES, at(target, row), out_width * LANES, square)
        _clear_rest(a, at(u, block * rows(a, 1)), out_width)


@inlined
def _clear_rest(a, u, width):
    """Zero what is stored of a block of columns behind its last row, with `width` rows at each point."""
    count = width * (1 if attribute(a, _BOTH, 0) == 1 else POINTS) * POINTS
    clear(at(u, count), rows(a, 1) - count)


@inlined
def _transform_weights(a, source, tap_step, target, point_step, square):
    """All points of one row of weights, whose taps and points are `tap_step` and `point_step` floats apart."""
    kernel_height, kernel_width = attribute(a, _BOTH, 0), attribute(a, _BOTH, 1)
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
def winograd_weight_gradient(a, step, low, high):
    """dw (groups, kh, kw, C, N) = Σ over a group's samples of x (H, W, C) at the place · dy (h, w, N).

    Works on the pairs of a group and a block of N between `low` and `high`; overwrites their part of dw.
    """
    groups, columns = attribute(a, OPERANDS, GEOMETRY_FIELDS), blocks(a, 2)
    taps, width = attribute(a, OPERANDS, KERNEL_HEIGHT) * attribute(a, OPERANDS, KERNEL_WIDTH), channels(a, 0)
    _, across = tile_counts(a)
    _, _, seen_height, _ = tile_sizes(a)
    lines = rows_together(across) * seen_height
    lines_of_y = min(BAND, columns) * lines * upright_width(a)
    clear(behind_table(workspace(a, 1), 1), (1 + blocks(a, 0) * lines) * line_width(a) + lines_of_y)
    for group in range(low // columns, (high - 1) // columns + 1):
        samples = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        stop = min(columns, high - group * columns)
        for block in range(max(0, low - group * columns), stop, BAND):
            part = at(floats(a, 2), block * rows(a, 2) + group * taps * width)
            count = min(BAND, stop - block)
            if samples[0] == samples[1]:
                for i in range(count):
                    clear(at(part, i * rows(a, 2)), taps * width)
            else:
                _add_group(a, samples, block, count, part)


@inlined
def _add_group(a, samples, block, count, part):
    """A group's sums for `count` blocks of columns, a few rows of tiles at a time."""
    _, _, seen_height, _ = tile_sizes(a)
    height, across = tile_counts(a)
    depth, width, together = blocks(a, 0), channels(a, 0), rows_together(across)
    stored, table = together * across + 1, table_of(workspace(a, 1))
    zeros = behind_table(workspace(a, 1), 1)
    lines = at(zeros, line_width(a))
    lines_of_y = at(lines, depth * together * seen_height * line_width(a))
    transformed = at(lines_of_y, min(BAND, blocks(a, 2)) * together * seen_height * upright_width(a))
    upstream = at(transformed, POINTS * depth * stored)
    sums, points = at(upstream, POINTS * stored), seen_height * POINTS
    low, high = samples[0] * height, samples[1] * height
    for first in range(low, high, together):
        end = min(first + together, high)
        transform_columns(a, first, end, zeros, lines)
        for j in range(count):
            for row in range(first, end):
                _transform_upstream(a, block + j, row, zeros, result_line(a, lines_of_y, j, row - first, 0))
        set_tap(table, 0, 0, 0, (end - first) * across)
        for i in range(seen_height):
            transform_lines(a, end - first, i, lines, transformed)
            for j in range(count):
                _transform_upstream_lines(a, end - first, result_line(a, lines_of_y, j, 0, i), upstream)
                line = at(sums, (j * points + i * POINTS) * width)
                _add_products(a, table, transformed, upstream, line, stored, zeros, first == low)
    for j in range(count):
        _transform_back(a, at(sums, j * points * width), upstream, at(part, j * rows(a, 2)))
    clear_idle_taps(a, samples, block, count, part)


@inlined
def _add_products(a, table, transformed, upstream, sums, stored, zeros, fresh):
    """At every point of a line the products of all channels of x with a block of dy."""
    depth, width = blocks(a, 0), channels(a, 0)
    for point in range(POINTS):
        for i in range(depth):
            out = at(sums, point * width + i * LANES)
            start, start_step = (zeros, 0) if fresh else (out, LANES)
            rows_of_tiles(
                tiles_of(a, 1), min(LANES, width - i * LANES), 1, table,
                at(transformed, (point * depth + i) * stored), 1, LANES,
                at(upstream, point * stored), start, start_step, out, float32(-inf),
            )  # fmt: skip


@inlined
def _transform_upstream(a, block, row, zeros, lines):
    """One block of one row of tiles of dy along the height; there are zeros where tiles reach beyond the image."""
    _, _, height, width, _, _ = image_sizes(a)
    down, _, _, _ = tile_sizes(a)
    per_image, _ = tile_counts(a)
    image, begin = at(floats(a, 1), block * rows(a, 1) + row // per_image * height * width), row % per_image * down
    line = upright_width(a) * LANES
    if down == 1:
        for column in range(width):
            store(lines, column * LANES, load(image, (begin * width + column) * LANES))
    elif down == POINTS + 1 - 3:
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


@inlined
def _transform_upstream_lines(a, count, lines, upstream):
    """One line of `count` rows of tiles of dy along the width, point by point."""
    _, right, seen_height, _ = tile_sizes(a)
    _, across = tile_counts(a)
    step = (rows_together(across) * across + 1) * LANES
    for row in range(count):
        source = at(lines, row * seen_height * upright_width(a))
        for tile in range(across):
            target = at(upstream, row * across + tile)
            if right == POINTS + 1 - 3:
                _gradient_line_3(at(source, tile * right), LANES, target, step)
            else:
                _gradient_line_5(at(source, tile * right), LANES, target, step)


@inlined
def _transform_back(a, sums, square, part):
    """The gradient of the weights from its values at the points, a row of one block of columns at a time."""
    kernel_height, kernel_width = attribute(a, OPERANDS, KERNEL_HEIGHT), attribute(a, OPERANDS, KERNEL_WIDTH)
    width = channels(a, 0)
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
