"""Convolutions by way of points: rows of tiles are transformed, multiplied point by point, and transformed back.

Some rows of tiles are worked on together, so that what lies between the transforms stays in the second-level cache.
"""

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
    behind_table,
    clear,
    rows_of_tiles,
    set_tap,
    table_of,
    tiles_of,
    workspace,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.matmul import finish
from dltool.kernels.cpu.transform import make_last_transform, make_transform, make_transform_of_rows
from dltool.kernels.cpu.vector import inlined, load, splat, store
from dltool.kernels.records import (
    EPILOGUE_FIELDS,
    GEOMETRY_FIELDS,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANES,
    LEFT,
    OPERAND,
    OUT_HEIGHT,
    OUT_WIDTH,
    TOP,
    WIDTH,
)
from dltool.kernels.winograd import POINTS, TILES, matrices

_EPILOGUE = OPERANDS * OPERAND + GEOMETRY_FIELDS

_input_rows = make_transform_of_rows(matrices(3).input)
_input_line = make_transform(matrices(3).input)
_output_rows_3, _output_rows_5 = (make_transform(matrices(size).output) for size in (3, 5))
_output_line_3, _output_line_5 = (make_last_transform(matrices(size).output) for size in (3, 5))


@kernel
def winograd(a, step, low, high):
    """y (h, w, N) = epilogue(x (H, W, C) convolved with the kernel of u (points, C, N) + bias (N)); overwrites both."""
    x, u, y = floats(a, 0), floats(a, 1), floats(a, 2)
    _, _, out_height, out_width, _, _ = image_sizes(a)
    down, _, _, _ = tile_sizes(a)
    height, across = tile_counts(a)
    tiles, together = tiles_of(a, EPILOGUE_FIELDS), rows_together(across)
    depth, width, stored = blocks(a, 0), channels(a, 0), together * across + 1
    points = points_of(a)
    table = table_of(workspace(a, EPILOGUE_FIELDS))
    zeros = behind_table(workspace(a, EPILOGUE_FIELDS), depth)
    lines = at(zeros, line_width(a))
    square = at(lines, POINTS * line_width(a))
    transformed = at(square, POINTS * POINTS)
    products = at(transformed, points * depth * stored)
    clear(zeros, (1 + POINTS) * line_width(a))
    for part in range(depth):
        set_tap(table, part, part * stored * LANES, part * LANES * LANES, min(LANES, width - part * LANES))
    bias, least = float_pointer(a[_EPILOGUE]), float32(bits_as_number(a[_EPILOGUE + 1]))
    for first in range(low * height, high * height, together):
        end = min(first + together, high * height)
        for part in range(depth):
            target = at(transformed, part * stored)
            for row in range(first, end):
                place = at(target, (row - first) * across)
                transform_inputs(a, at(x, part * rows(a, 0)), row, zeros, lines, place, depth * stored * LANES)
        for block in range(blocks(a, 2)):
            panel, out = at(u, block * rows(a, 1)), at(y, block * rows(a, 2))
            for point in range(points):
                rows_of_tiles(
                    tiles, (end - first) * across, depth, table, at(transformed, point * depth * stored), LANES, 1,
                    at(panel, point * width), zeros, 0, at(products, point * stored), float32(-inf),
                )  # fmt: skip
            for row in range(first, end):
                place = at(products, (row - first) * across)
                _transform_outputs(a, place, stored * LANES, row, square, out, load(bias, block * LANES), splat(least))
                line = row // height * out_height + row % height * down
                count = min(down, out_height - row % height * down) * out_width
                offset = (block * rows(a, 2) + line * out_width) * LANES
                finish(a, _EPILOGUE, advance(y, offset), offset, count, channels(a, 2) - block * LANES)


@inlined
def image_sizes(a):
    """Height and width of x, of y, and rows above and columns before it that the first window sees."""
    return (
        attribute(a, OPERANDS, HEIGHT), attribute(a, OPERANDS, WIDTH),
        attribute(a, OPERANDS, OUT_HEIGHT), attribute(a, OPERANDS, OUT_WIDTH),
        attribute(a, OPERANDS, TOP), attribute(a, OPERANDS, LEFT),
    )  # fmt: skip


@inlined
def tile_sizes(a):
    """Height and width of a tile of outputs, and those of the inputs that it sees."""
    kernel_height, kernel_width = attribute(a, OPERANDS, KERNEL_HEIGHT), attribute(a, OPERANDS, KERNEL_WIDTH)
    down = 1 if kernel_height == 1 else POINTS + 1 - kernel_height
    return down, POINTS + 1 - kernel_width, 1 if kernel_height == 1 else POINTS, POINTS


@inlined
def points_of(a):
    """Points of both axes."""
    _, _, seen_height, seen_width = tile_sizes(a)
    return seen_height * seen_width


@inlined
def tile_counts(a):
    """Rows of tiles of an image, and tiles of a row."""
    _, _, out_height, out_width, _, _ = image_sizes(a)
    down, right, _, _ = tile_sizes(a)
    return -(-out_height // down), -(-out_width // right)


@inlined
def rows_together(across):
    """Rows of so many tiles that are worked on together."""
    return max(1, TILES // across)


@inlined
def line_width(a):
    """Columns that the tiles of a row see, and those of x beside them."""
    _, width, _, _, _, left = image_sizes(a)
    _, right, _, seen_width = tile_sizes(a)
    _, across = tile_counts(a)
    return max((across - 1) * right + seen_width, left + width)


@inlined
def transform_inputs(a, x, row, zeros, lines, target, point_step):
    """One block of one row of tiles: each point's values side by side, `point_step` floats from those of the next."""
    height, width, _, _, top, left = image_sizes(a)
    down, right, seen_height, _ = tile_sizes(a)
    per_image, across = tile_counts(a)
    line, first = line_width(a) * LANES, row % per_image * down - top
    image, target_line = at(x, row // per_image * height * width), at(lines, left)
    if seen_height == 1:
        source = row_or_zeros(image, first, height, width, zeros)
        for column in range(width):
            store(target_line, column * LANES, load(source, column * LANES))
    else:
        sources = (
            row_or_zeros(image, first, height, width, zeros),
            row_or_zeros(image, first + 1, height, width, zeros),
            row_or_zeros(image, first + 2, height, width, zeros),
            row_or_zeros(image, first + 3, height, width, zeros),
            row_or_zeros(image, first + 4, height, width, zeros),
            row_or_zeros(image, first + 5, height, width, zeros),
        )
        for column in range(width):
            _input_rows(sources, column * LANES, at(target_line, column), line)
    for i in range(seen_height):
        for tile in range(across):
            source = at(advance(lines, i * line), tile * right)
            _input_line(source, LANES, at(advance(target, i * POINTS * point_step), tile), point_step)


@inlined
def row_or_zeros(image, row, height, width, zeros):
    """A row of an image of one block, or as many zeros where there is none."""
    return at(image, row * width) if row >= 0 and row < height else zeros


@inlined
def _transform_outputs(a, products, point_step, row, square, y, bias, least):
    """One block of one row of tiles of y; what lies beyond the image is left out."""
    _, _, out_height, out_width, _, _ = image_sizes(a)
    down, right, seen_height, _ = tile_sizes(a)
    per_image, across = tile_counts(a)
    first = row % per_image * down
    count = min(down, out_height - first)
    out = at(y, (row // per_image * out_height + first) * out_width)
    for tile in range(across):
        source, step = at(products, tile), point_step
        if seen_height > 1:
            for j in range(POINTS):
                _output_rows(down, advance(source, j * point_step), POINTS * point_step, at(square, j), POINTS * LANES)
            source, step = square, LANES
        used = min(right, out_width - tile * right)
        for i in range(count):
            here = advance(source, i * POINTS * step)
            target = at(out, i * out_width + tile * right)
            if used == right:
                _output_line(right, here, step, target, bias, least)
            else:
                spare = at(square, down * POINTS)
                _output_line(right, here, step, spare, bias, least)
                for j in range(used):
                    store(target, j * LANES, load(spare, j * LANES))


@inlined
def _output_rows(size, source, step, target, target_step):
    if size == POINTS + 1 - 3:
        _output_rows_3(source, step, target, target_step)
    else:
        _output_rows_5(source, step, target, target_step)


@inlined
def _output_line(size, source, step, target, bias, least):
    if size == POINTS + 1 - 3:
        _output_line_3(source, step, target, LANES, bias, least)
    else:
        _output_line_5(source, step, target, LANES, bias, least)
