"""Products of codes: tables times their rows of a matrix, looked up for each sample, and the gradients of both."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    attribute,
    bits_as_number,
    blocks,
    channels,
    code_pointer,
    float_pointer,
    floats,
    integers,
    operands,
    origin,
)
from dltool.kernels.cpu.arguments import rows as stored_rows
from dltool.kernels.cpu.arithmetic import place
from dltool.kernels.cpu.image import clear
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.matmul import DEPTH, finish, local_vectors, outer_products, product_rows
from dltool.kernels.cpu.vector import inlined, load, store
from dltool.kernels.records import ADDRESS, BATCH, LANES, OPERAND

# what the attribute `fields` holds for each field, after their number
START, SIZE, WIDTH = range(3)
FIELD = 3


@inlined
def of_field(fields, number, what):
    """One of the three integers of a field."""
    return fields[1 + number * FIELD + what]


@inlined
def copy(source, target, vectors):
    """Copy `vectors` vectors."""
    for i in range(vectors):
        store(target, i * LANES, load(source, i * LANES))


@inlined
def add_product(depth, x, stride, panel, target, count):
    """target += x · panel, for `count` rows of one block."""
    product_rows(depth, x, stride, panel, target, LANES, target, count, float32(-float("inf")))


@kernel
def pick(a, step, low, high):
    """picks (m) int32 = for each field the row of p that its code means; overwrites picks."""
    data, chosen, picks = code_pointer(a[ADDRESS]), integers(a, 1), code_pointer(a[2 * OPERAND + ADDRESS])
    numbers, fields = attribute(a, 3, 0), advance(a, 3 * OPERAND + 1)
    nothing = numbers
    for field in range(fields[0]):
        nothing += of_field(fields, field, SIZE)
    for sample in range(low, high):
        codes, first = advance(data, chosen[sample] * channels(a, 0)), numbers
        for field in range(fields[0]):
            code = codes[of_field(fields, field, START)]
            picks[place(field, sample, stored_rows(a, 2))] = first + code if code >= 0 else nothing
            first += of_field(fields, field, SIZE)
        for lane in range(channels(a, 2), blocks(a, 2) * LANES):
            picks[place(lane, sample, stored_rows(a, 2))] = 0


@kernel
def project(a, step, low, high):
    """p (R, N) = rows of w (K, N) for the numbers, then for each field table · its rows, or these; overwrites p."""
    output = operands(a) - 1
    w, p, height, all_rows = floats(a, 0), floats(a, output), stored_rows(a, 0), stored_rows(a, output)
    numbers, fields = attribute(a, output + 1, 0), advance(a, (output + 1) * OPERAND + 1)
    panel = local_vectors()
    for block in range(low, high):
        source, target = at(w, block * height), at(p, block * all_rows)
        clear(target, all_rows)
        first, table = numbers, 1
        for field in range(fields[0]):
            size, width = of_field(fields, field, SIZE), of_field(fields, field, WIDTH)
            if width == 0:
                copy(source, at(target, first), size)
                source = at(source, size)
            else:
                copy(source, panel, width)
                clear(at(panel, width), -width % LANES)
                stride = stored_rows(a, table) * LANES
                add_product(blocks(a, table), floats(a, table), stride, panel, at(target, first), size)
                source = at(source, width)
                table += 1
            first += size
        copy(source, target, numbers)


@kernel
def project_weight_gradient(a, step, low, high):
    """dw (K, N) = for each field tableᵀ · its rows of dp (R, N), or these, then those of the numbers; overwrites dw."""
    output = operands(a) - 1
    dp, dw, all_rows, height = floats(a, 0), floats(a, output), stored_rows(a, 0), stored_rows(a, output)
    numbers, fields = attribute(a, output + 1, 0), advance(a, (output + 1) * OPERAND + 1)
    square = local_vectors()
    for block in range(low, high):
        source, target = at(dp, block * all_rows), at(dw, block * height)
        clear(target, height)
        upstream, table = at(source, numbers), 1
        for field in range(fields[0]):
            size, width = of_field(fields, field, SIZE), of_field(fields, field, WIDTH)
            if width == 0:
                copy(upstream, target, size)
                target = at(target, size)
            else:
                for column in range(blocks(a, table)):
                    clear(square, LANES)
                    x = at(floats(a, table), column * stored_rows(a, table))
                    outer_products(size, x, upstream, square, LANES, square)
                    copy(square, at(target, column * LANES), min(LANES, width - column * LANES))
                target = at(target, width)
                table += 1
            upstream = at(upstream, size)
        copy(source, target, numbers)


@kernel
def project_table_gradient(a, step, low, high):
    """dtable (size, width) = rows of dp (R, N) · (rows of w (K, N))ᵀ, for some blocks of columns; overwrites these."""
    dp, w, dtable = floats(a, 0), floats(a, 1), floats(a, 2)
    all_rows, w_height, height, depth = stored_rows(a, 0), stored_rows(a, 1), stored_rows(a, 2), blocks(a, 0)
    dtable = advance(dtable, -origin(a, 2, low) * LANES)
    first, place, size, width = attribute(a, 3, 0), attribute(a, 3, 1), attribute(a, 3, 2), attribute(a, 3, 3)
    panel, square = local_vectors(), local_vectors()
    for block in range(low // height, high // height):
        target = at(dtable, block * height)
        clear(target, height)
        clear(square, LANES)
        for begin in range(0, depth, DEPTH):
            taps = min(DEPTH, depth - begin)
            for tap in range(taps):
                own = at(w, (begin + tap) * w_height + place + block * LANES)
                copy(own, square, min(LANES, width - block * LANES))
                transpose_block(square, at(panel, tap * LANES))
            add_product(taps, at(dp, begin * all_rows + first), all_rows * LANES, panel, target, size)


@kernel
def look_up(a, step, low, high):
    """y (N) = epilogue(Σ of the rows of p (R, N) that picks name + numbers · its first rows + bias (N)).

    Overwrites y and the epilogue's output.
    """
    output = operands(a) - 1
    picks, p, y, x = code_pointer(a[ADDRESS]), floats(a, 1), floats(a, output), floats(a, 2)
    depth, stride = (blocks(a, 2), stored_rows(a, 2) * LANES) if output > 2 else (0, 0)
    count, all_rows, e = channels(a, 0), stored_rows(a, 0), (output + 1) * OPERAND
    least = float32(bits_as_number(a[e + 1]))
    for block in range(blocks(a, output)):
        panel, offset = at(p, block * stored_rows(a, 1)), (block * stored_rows(a, output) + low) * LANES
        out, bias = advance(y, offset), load(float_pointer(a[e]), block * LANES)
        for sample in range(low, high):
            store(out, (sample - low) * LANES, bias)
        for first in range(0, count, LANES):
            for sample in range(low, high):
                line, total = advance(picks, first * all_rows + sample * LANES), load(out, (sample - low) * LANES)
                for i in range(min(LANES, count - first)):
                    total = total + load(panel, line[i] * LANES)
                store(out, (sample - low) * LANES, total)
        product_rows(depth, at(x, low), stride, panel, out, LANES, out, high - low, least)
        finish(a, e, out, offset, high - low, channels(a, output) - block * LANES)


@kernel
def look_up_gradient(a, step, low, high):
    """dp (rows, N) = Σ over the batch of numbersᵀ · dy (N), then of dy in the rows that picks name; overwrites dp."""
    output = operands(a) - 1
    dy, picks, x, dp = floats(a, 0), code_pointer(a[OPERAND + ADDRESS]), floats(a, 2), floats(a, output)
    depth, stride = (blocks(a, 2), stored_rows(a, 2)) if output > 2 else (0, 0)
    samples, count, all_rows = step[BATCH], channels(a, 1), stored_rows(a, 1)
    for block in range(low, high):
        upstream, target = at(dy, block * stored_rows(a, 0)), at(dp, block * stored_rows(a, output))
        clear(target, stored_rows(a, output))
        for part in range(depth):  # what the last one writes past the numbers is 0
            square = at(target, part * LANES)
            outer_products(samples, at(x, part * stride), upstream, square, LANES, square)
        for first in range(0, count, LANES):
            for sample in range(samples):
                given, line = load(upstream, sample * LANES), advance(picks, first * all_rows + sample * LANES)
                for i in range(min(LANES, count - first)):
                    row = line[i] * LANES
                    store(target, row, load(target, row) + given)
