"""Winograd convolutions: rows of tiles are transformed, multiplied point by point, and transformed back.

Some rows of tiles are worked on together, so that what lies between the transforms stays in the second-level cache.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.blank import find_blank_windows, write_flagged
from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import rows_of_tiles, set_tap
from dltool.kernels.cpu.transform import make_last_transform, make_transform, make_transform_of_rows
from dltool.kernels.cpu.vector import clear_vectors, copy_vectors, load, select, splat, store
from dltool.kernels.cpu.workspace import winograd_space
from dltool.kernels.records import LANES
from dltool.kernels.winograd import (
    POINTS,
    line_width,
    matrices,
    output_width,
    rows_together,
    tile_counts,
    tile_sizes,
    window_sizes,
)

_input_rows = make_transform_of_rows(matrices(3).input)
_input_line = make_transform(matrices(3).input)
_output_line_3, _output_line_5 = (make_transform(matrices(size).output) for size in (3, 5))
_output_rows_3, _output_rows_5 = (make_last_transform(matrices(size).output) for size in (3, 5))


@kernel
def winograd(x, u, y, geometry, epilogue, tiles, workspace, step, low, high):
    """y (h, w, N) = epilogue(x (H, W, C) convolved with the kernel of u (points, C, N) + bias (N)); overwrites both."""
    g, depth = geometry, x.blocks
    seen_height, _ = window_sizes(g)
    height, across = tile_counts(g)
    together = rows_together(across)
    stored, table, places = together * across + 1, as_integers(workspace), winograd_space(g, depth, y.blocks)
    zeros, lines, transformed = at(workspace, places[0]), at(workspace, places[1]), at(workspace, places[2])
    products, results = at(workspace, places[3]), at(workspace, places[4])
    clear_vectors(zeros, (1 + depth * together * seen_height) * line_width(g))
    for part in range(depth):
        set_tap(table, part, part * stored * LANES, part * LANES * LANES, min(LANES, x.channels - part * LANES))
    for first in range(low * height, high * height, together):
        end = min(first + together, high * height)
        transform_columns(g, x, first, end, zeros, lines)
        for i in range(seen_height):
            transform_lines(g, depth, end - first, i, lines, transformed)
            for block in range(y.blocks):
                panel = at(u, block * u.rows + i * POINTS * x.channels)
                for j in range(POINTS):
                    rows_of_tiles(
                        tiles, (end - first) * across, 1, depth, table, at(transformed, j * depth * stored), LANES, 1,
                        (at(panel, j * x.channels), 0), (zeros, 0, 0), (at(products, j * stored), 0), float32(-inf),
                    )  # fmt: skip
                _transform_products(g, end - first, products, result_line(g, results, block, 0, i))
        flags = at(products, POINTS)
        for row in range(first, end):
            flagged = find_blank_windows(g, x, row // height, *_rows_of_y(g, row), flags)
            for block in range(y.blocks):
                line = result_line(g, results, block, row - first, 0)
                _write_rows(g, y, epilogue, block, row, line, products, flagged, flags)


def line_of(g, lines, part, row, i):
    """Where the numbers at the i-th point of the height are, for one block and row of tiles of x."""
    seen_height, _ = window_sizes(g)
    _, across = tile_counts(g)
    return at(lines, ((part * rows_together(across) + row) * seen_height + i) * line_width(g))


def result_line(g, results, block, row, i):
    """The same for y."""
    seen_height, _ = window_sizes(g)
    _, across = tile_counts(g)
    return at(results, ((block * rows_together(across) + row) * seen_height + i) * output_width(g))


def transform_columns(g, x, first, end, zeros, lines):
    """Some rows of tiles of x along the height, all blocks of them."""
    down, _ = tile_sizes(g)
    seen_height, _ = window_sizes(g)
    per_image, _ = tile_counts(g)
    for part in range(x.blocks):
        for row in range(first, end):
            image = at(x, part * x.rows + row // per_image * g.height * g.width)
            target, begin = at(line_of(g, lines, part, row - first, 0), g.left), row % per_image * down - g.top
            if seen_height == 1:
                source = row_or_zeros(image, begin, g.height, g.width, zeros)
                copy_vectors(source, target, g.width)
            else:
                sources = (
                    row_or_zeros(image, begin, g.height, g.width, zeros),
                    row_or_zeros(image, begin + 1, g.height, g.width, zeros),
                    row_or_zeros(image, begin + 2, g.height, g.width, zeros),
                    row_or_zeros(image, begin + 3, g.height, g.width, zeros),
                    row_or_zeros(image, begin + 4, g.height, g.width, zeros),
                    row_or_zeros(image, begin + 5, g.height, g.width, zeros),
                )
                for column in range(g.width):
                    _input_rows(sources, column * LANES, at(target, column), line_width(g) * LANES)


def row_or_zeros(image, row, height, width, zeros):
    """A row of an image of one block, or as many zeros where there is none."""
    return at(image, row * width) if row >= 0 and row < height else zeros


def transform_lines(g, depth, count, i, lines, transformed):
    """The i-th line of `count` rows of tiles along the width: point by point, all blocks and tiles of each."""
    _, right = tile_sizes(g)
    _, across = tile_counts(g)
    stored = rows_together(across) * across + 1
    for part in range(depth):
        for row in range(count):
            source, target = line_of(g, lines, part, row, i), at(transformed, part * stored + row * across)
            for tile in range(across):
                _input_line(at(source, tile * right), LANES, at(target, tile), depth * stored * LANES)


def _transform_products(g, count, products, results):
    """One line of `count` rows of tiles back along the width."""
    _, right = tile_sizes(g)
    seen_height, _ = window_sizes(g)
    _, across = tile_counts(g)
    step = (rows_together(across) * across + 1) * LANES
    for row in range(count):
        target = at(results, row * seen_height * output_width(g))
        for tile in range(across):
            source = at(products, row * across + tile)
            if g.kernel_width == 3:
                _output_line_3(source, step, at(target, tile * right), LANES)
            else:
                _output_line_5(source, step, at(target, tile * right), LANES)


def _rows_of_y(g, row):
    """First row of y of a row of tiles, and how many there are."""
    down, _ = tile_sizes(g)
    per_image, _ = tile_counts(g)
    begin = row % per_image * down
    return begin, min(down, g.out_height - begin)


def _write_rows(g, y, epilogue, block, row, results, spare, flagged, flags):
    """One block of one row of tiles back along the height, into y; what lies beyond the image is left out."""
    height, width = g.out_height, g.out_width
    down, _ = tile_sizes(g)
    per_image, _ = tile_counts(g)
    begin, count = _rows_of_y(g, row)
    offset = (block * y.rows + (row // per_image * height + begin) * width) * LANES
    out, line = advance(y, offset), output_width(g) * LANES
    bias, floor = load(bias_of(epilogue), block * LANES), splat(floor_of(epilogue))
    for column in range(width):
        whole = count == down
        target, step = (at(out, column), width * LANES) if whole else (spare, LANES)
        if down == 1:
            value = load(results, column * LANES) + bias
            store(target, 0, select(value < floor, floor, value))
        elif g.kernel_height == 3:
            _output_rows_3(at(results, column), line, target, step, bias, floor)
        else:
            _output_rows_5(at(results, column), line, target, step, bias, floor)
        if not whole:
            for i in range(count):
                store(out, (i * width + column) * LANES, load(spare, i * LANES))
    if flagged:
        write_flagged(out, flags, count * width, select(bias < floor, floor, bias))
    finish(epilogue, out, offset, count * width, y.channels - block * LANES)
