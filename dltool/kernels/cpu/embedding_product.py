"""Products of codes: tables times their rows of a matrix, looked up for each sample, and the gradients of both."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.operands import Codes, Integers, chunk
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.product import DEPTH, local_panels, outer_products, product_rows
from dltool.kernels.cpu.vector import clear_vectors, copy_vectors, load, store
from dltool.kernels.records import BATCH, LANES

# what the attribute `fields` holds for each field, after their number
START, SIZE, WIDTH = range(3)
FIELD = 3


def of_field(fields, number, what):
    """One of the three integers of a field."""
    return fields[1 + number * FIELD + what]


def add_product(tiles, depth, x, stride, panel, target, count):
    """target += x · panel, for `count` rows of one block."""
    product_rows(tiles, depth, x, stride, (panel, 0), (target, LANES, 0), (target, 0), count, 1, float32(-inf))


@kernel
def table_indices(codes: Codes, rows: Integers, indices: Codes, numbers, fields, step, low, high):
    """indices (m) int32 = for each field the row of p that its code means; overwrites indices."""
    nothing = numbers
    for field in range(fields[0]):
        nothing += of_field(fields, field, SIZE)
    for sample in range(low, high):
        own, first = advance(codes, rows[sample] * codes.channels), numbers
        for field in range(fields[0]):
            code = own[of_field(fields, field, START)]
            indices[place(field, sample, indices.rows)] = first + code if code >= 0 else nothing
            first += of_field(fields, field, SIZE)
        for lane in range(indices.channels, indices.blocks * LANES):
            indices[place(lane, sample, indices.rows)] = 0


@kernel
def table_products(w, tables, p, numbers, fields, tiles, step, low, high):
    """p (R, N) = rows of w (K, N) for the numbers, then for each field table · its rows, or these; overwrites p."""
    height, all_rows = w.rows, p.rows
    panel = local_panels()
    for block in range(low, high):
        source, target = at(w, block * height), at(p, block * all_rows)
        clear_vectors(target, all_rows)
        first, number = numbers, 0
        for field in range(fields[0]):
            size, width = of_field(fields, field, SIZE), of_field(fields, field, WIDTH)
            if width == 0:
                copy_vectors(source, at(target, first), size)
                source = at(source, size)
            else:
                copy_vectors(source, panel, width)
                clear_vectors(at(panel, width), -width % LANES)
                table = tables[number]
                add_product(tiles, table.blocks, table, table.rows * LANES, panel, at(target, first), size)
                source = at(source, width)
                number += 1
            first += size
        copy_vectors(source, target, numbers)


@kernel
def table_products_weight_gradient(dp, tables, dw, numbers, fields, tiles, step, low, high):
    """dw (K, N) = for each field tableᵀ · its rows of dp (R, N), or these, then those of the numbers; overwrites dw."""
    all_rows, height = dp.rows, dw.rows
    square = local_panels()
    for block in range(low, high):
        source, target = at(dp, block * all_rows), at(dw, block * height)
        clear_vectors(target, height)
        upstream, number = at(source, numbers), 0
        for field in range(fields[0]):
            size, width = of_field(fields, field, SIZE), of_field(fields, field, WIDTH)
            if width == 0:
                copy_vectors(upstream, target, size)
                target = at(target, size)
            else:
                table = tables[number]
                for column in range(table.blocks):
                    clear_vectors(square, LANES)
                    x = at(table, column * table.rows)
                    outer_products(tiles, size, LANES, 1, x, (upstream, 0), (square, LANES, 0), (square, 0))
                    copy_vectors(square, at(target, column * LANES), min(LANES, width - column * LANES))
                target = at(target, width)
                number += 1
            upstream = at(upstream, size)
        copy_vectors(source, target, numbers)


@kernel
def table_products_table_gradient(dp, w, dtable, first, place, size, width, tiles, step, low, high):
    """dtable (size, width) = rows of dp (R, N) · (rows of w (K, N))ᵀ, for some blocks of columns; overwrites these."""
    all_rows, w_height, height, depth = dp.rows, w.rows, dtable.rows, dp.blocks
    dtable = chunk(dtable, low)
    panel, square = local_panels(), local_panels()
    for block in range(low // height, high // height):
        target = at(dtable, block * height)
        clear_vectors(target, height)
        clear_vectors(square, LANES)
        for begin in range(0, depth, DEPTH):
            taps = min(DEPTH, depth - begin)
            for tap in range(taps):
                own = at(w, (begin + tap) * w_height + place + block * LANES)
                copy_vectors(own, square, min(LANES, width - block * LANES))
                transpose_block(square, at(panel, tap * LANES))
            add_product(tiles, taps, at(dp, begin * all_rows + first), all_rows * LANES, panel, target, size)


@kernel
def sum_table_products(indices: Codes, p, numbers, y, epilogue, tiles, step, low, high):
    """y (N) = epilogue(Σ of the rows of p (R, N) that indices name + numbers · its first rows + bias (N)).

    Overwrites y and the epilogue's output.
    """
    x, count, all_rows, floor = numbers[0], indices.channels, indices.rows, floor_of(epilogue)
    depth = x.blocks if len(numbers) > 0 else 0
    for block in range(y.blocks):
        panel, offset = at(p, block * p.rows), (block * y.rows + low) * LANES
        out, bias = advance(y, offset), load(bias_of(epilogue), block * LANES)
        for sample in range(low, high):
            store(out, (sample - low) * LANES, bias)
        for first in range(0, count, LANES):
            for sample in range(low, high):
                line, total = advance(indices, first * all_rows + sample * LANES), load(out, (sample - low) * LANES)
                for i in range(min(LANES, count - first)):
                    total = total + load(panel, line[i] * LANES)
                store(out, (sample - low) * LANES, total)
        source, own, start = at(x, low), (panel, 0), (out, LANES, 0)
        product_rows(tiles, depth, source, x.rows * LANES, own, start, (out, 0), high - low, 1, floor)
        finish(epilogue, out, offset, high - low, y.channels - block * LANES)


@kernel
def sum_table_products_gradient(dy, indices: Codes, numbers, dp, tiles, step, low, high):
    """dp (rows, N) = Σ over the batch of numbersᵀ · dy (N), then of dy in the rows that indices name; overwrites dp."""
    x = numbers[0]
    depth = x.blocks if len(numbers) > 0 else 0
    samples, count, all_rows = step[BATCH], indices.channels, indices.rows
    for block in range(low, high):
        upstream, target = at(dy, block * dy.rows), at(dp, block * dp.rows)
        clear_vectors(target, dp.rows)
        for part in range(depth):  # what the last one writes past the numbers is 0
            square = at(target, part * LANES)
            source = at(x, part * x.rows)
            outer_products(tiles, samples, LANES, 1, source, (upstream, 0), (square, LANES, 0), (square, 0))
        for first in range(0, count, LANES):
            for sample in range(samples):
                given, line = load(upstream, sample * LANES), advance(indices, first * all_rows + sample * LANES)
                for i in range(min(LANES, count - first)):
                    row = line[i] * LANES
                    store(target, row, load(target, row) + given)
