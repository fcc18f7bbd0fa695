"""Convolutions by Winograd's points: rows of tiles are transformed, multiplied point by point, and transformed back.

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
from dltool.kernels.cpu.blank import find_blank_windows, write_flagged
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
from dltool.kernels.cpu.vector import inlined, load, select, splat, store
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
_output_line_3, _output_line_5 = (make_transform(matrices(size).output) for size in (3, 5))
_output_rows_3, _output_rows_5 = (make_last_transform(matrices(size).output) for size in (3, 5))


@kernel
def winograd(a, step, low, high):
    """y (h, w, N) = epilogue(x (H, W, C) convolved with the kernel of u (points, C, N) + bias (N)); overwrites both."""
    u, depth, width = floats(a, 1), blocks(a, 0), channels(a, 0)
    _, _, seen_height, _ = tile_sizes(a)
    height, across = tile_counts(a)
    tiles, together = tiles_of(a, EPILOGUE_FIELDS), rows_together(across)
    stored = together * across + 1
    table = table_of(workspace(a, EPILOGUE_FIELDS))
    zeros = behind_table(workspace(a, EPILOGUE_FIELDS), depth)
    lines = at(zeros, line_width(a))
    transformed = at(lines, depth * together * seen_height * line_width(a))
    products = at(transformed, POINTS * depth * stored)
    results = at(products, POINTS * stored)
    clear(zeros, (1 + depth * together * seen_height) * line_width(a))
    for part in range(depth):
        set_tap(table, part, part * stored * LANES, part * LANES * LANES, min(LANES, width - part * LANES))
    for first in range(low * height, high * height, together):
        end = min(first + together, high * height)
        transform_columns(a, first, end, zeros, lines)
        for i in range(seen_height):
            transform_lines(a, end - first, i, lines, transformed)
            for block in range(blocks(a, 2)):
                panel = at(u, block * rows(a, 1) + i * POINTS * width)
                for j in range(POINTS):
                    rows_of_tiles(
                        tiles, (end - first) * across, depth, table, at(transformed, j * depth * stored), LANES, 1,
                        at(panel, j * width), zeros, 0, at(products, j * stored), float32(-inf),
                    )  # fmt: skip
                _transform_products(a, end - first, products, result_line(a, results, block, 0, i))
        flags = at(products, POINTS)
        for row in range(first, end):
            flagged = find_blank_windows(a, row // height, *_rows_of_y(a, row), flags)
            for block in range(blocks(a, 2)):
                line = result_line(a, results, block, row - first, 0)
                _write_rows(a, block, row, line, products, flagged, flags)


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
def tile_counts(a):
    """Rows of tiles of an image, and tiles of a row."""
    _, _, out_height, out_width, _, _ = image_sizes(a)
    down, right, _, _ = tile_sizes(a)
    return -(-out_height // down), -(-out_width // right)


@inlined
def rows_together(across):
    """How many rows of `across` tiles are worked on together."""
    return max(1, TILES // across)


@inlined
def line_width(a):
    """Columns that the tiles of a row see, and those of x beside them."""
    _, width, _, _, _, left = image_sizes(a)
    _, right, _, seen_width = tile_sizes(a)
    _, across = tile_counts(a)
    return max((across - 1) * right + seen_width, left + width)


@inlined
def line_of(a, lines, part, row, i):
    """Where the numbers at the i-th point of the height are, for one block and row of tiles of x."""
    _, _, seen_height, _ = tile_sizes(a)
    _, across = tile_counts(a)
    return at(lines, ((part * rows_together(across) + row) * seen_height + i) * line_width(a))


@inlined
def result_line(a, results, block, row, i):
    """The same for y."""
    _, _, seen_height, _ = tile_sizes(a)
    _, across = tile_counts(a)
    return at(results, ((block * rows_together(across) + row) * seen_height + i) * upright_width(a))


@inlined
def upright_width(a):
    """Columns of the tiles of a row of y."""
    _, right, _, _ = tile_sizes(a)
    _, across = tile_counts(a)
    return across * right + 1


@inlined
def transform_columns(a, first, end, zeros, lines):
    """Some rows of tiles of x along the height, all blocks of them."""
    height, width, _, _, top, left = image_sizes(a)
    down, _, seen_height, _ = tile_sizes(a)
    per_image, _ = tile_counts(a)
    for part in range(blocks(a, 0)):
        for row in range(first, end):
            image = at(floats(a, 0), part * rows(a, 0) + row // per_image * height * width)
            target, begin = at(line_of(a, lines, part, row - first, 0), left), row % per_image * down - top
            if seen_height == 1:
                source = row_or_zeros(image, begin, height, width, zeros)
                for column in range(width):
                    store(target, column * LANES, load(source, column * LANES))
            else:
                sources = (
                    row_or_zeros(image, begin, height, width, zeros),
                    row_or_zeros(image, begin + 1, height, width, zeros),
                    row_or_zeros(image, begin + 2, height, width, zeros),
                    row_or_zeros(image, begin + 3, height, width, zeros),
                    row_or_zeros(image, begin + 4, height, width, zeros),
                    row_or_zeros(image, begin + 5, height, width, zeros),
                )
                for column in range(width):
                    _input_rows(sources, column * LANES, at(target, column), line_width(a) * LANES)


@inlined
def row_or_zeros(image, row, height, width, zeros):
    """A row of an image of one block, or as many zeros where there is none."""
    return at(image, row * width) if row >= 0 and row < height else zeros


@inlined
def transform_lines(a, count, i, lines, transformed):
    """The i-th line of `count` rows of tiles along the width: point by point, all blocks and tiles of each."""
    _, right, _, _ = tile_sizes(a)
    _, across = tile_counts(a)
    depth, stored = blocks(a, 0), rows_together(across) * across + 1
    for part in range(depth):
        for row in range(count):
            source, target = line_of(a, lines, part, row, i), at(transformed, part * stored + row * across)
            for tile in range(across):
                _input_line(at(source, tile * right), LANES, at(target, tile), depth * stored * LANES)


@inlined
def _transform_products(a, count, products, results):
    """One line of `count` rows of tiles back along the width."""
    _, right, seen_height, _ = tile_sizes(a)
    _, across = tile_counts(a)
    step = (rows_together(across) * across + 1) * LANES
    for row in range(count):
        target = at(results, row * seen_height * upright_width(a))
        for tile in range(across):
            source = at(products, row * across + tile)
            if right == POINTS + 1 - 3:
                _output_line_3(source, step, at(target, tile * right), LANES)
            else:
                _output_line_5(source, step, at(target, tile * right), LANES)


@inlined
def _rows_of_y(a, row):
    """First row of y of a row of tiles, and how many there are."""
    _, _, height, _, _, _ = image_sizes(a)
    down, _, _, _ = tile_sizes(a)
    per_image, _ = tile_counts(a)
    begin = row % per_image * down
    return begin, min(down, height - begin)


@inlined
def _write_rows(a, block, row, results, spare, flagged, flags):
    """One block of one row of tiles back along the height, into y; what lies beyond the image is left out."""
    _, _, height, width, _, _ = image_sizes(a)
    down, _, _, _ = tile_sizes(a)
    per_image, _ = tile_counts(a)
    begin, count = _rows_of_y(a, row)
    offset = (block * rows(a, 2) + (row // per_image * height + begin) * width) * LANES
    out, line = advance(floats(a, 2), offset), upright_width(a) * LANES
    bias = load(float_pointer(a[_EPILOGUE]), block * LANES)
    least = splat(float32(bits_as_number(a[_EPILOGUE + 1])))
    for column in range(width):
        whole = count == down
        target, step = (at(out, column), width * LANES) if whole else (spare, LANES)
        if down == 1:
            value = load(results, column * LANES) + bias
            store(target, 0, select(value < least, least, value))
        elif down == POINTS + 1 - 3:
            _output_rows_3(at(results, column), line, target, step, bias, least)
        else:
            _output_rows_5(at(results, column), line, target, step, bias, least)
        if not whole:
            for i in range(count):
                store(out, (i * width + column) * LANES, load(spare, i * LANES))
    if flagged:
        write_flagged(out, flags, count * width, select(bias < least, least, bias))
    finish(a, _EPILOGUE, out, offset, count * width, channels(a, 2) - block * LANES)
