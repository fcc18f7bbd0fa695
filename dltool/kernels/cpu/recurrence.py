"""From step to step: products with recurrent weights, for all samples of a thread at once.

The rows of a sequence lie one after the other, so those of one step are far apart, and often in the same set of a
cache. What a step works on is therefore kept together: a dense value is (C/16, count, 16) for the `count` samples at
hand. Values are made dense, and written back, for some steps at a time.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.matmul import even_chunk, product_rows
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, inlined, load, shared, store
from dltool.kernels.cpu.workspace import dense_vectors
from dltool.kernels.records import LANES, POSITION

dense_size = shared(dense_vectors)


@inlined
def add_product(x, depth, count, w, columns, out):
    """out = out + x · w, of dense x (depth blocks) and out (columns blocks), and w as it is stored."""
    size = even_chunk(depth)
    for part in range(-(-depth // size)):
        first = part * size
        taps = min(size, depth - first)
        for j in range(columns):
            target, panel = at(out, j * count), at(w, (j * depth + first) * LANES)
            source, least = at(x, first * count), float32(-float("inf"))
            product_rows(taps, source, count * LANES, panel, target, LANES, target, count, least)


@inlined
def transpose_matrix(w, depth, columns, turned):
    """w (depth · 16, columns · 16), stored by blocks of its columns, by blocks of its rows."""
    for d in range(depth):
        for j in range(columns):
            transpose_block(at(w, (j * depth + d) * LANES), at(turned, (d * columns + j) * LANES))


@inlined
def take_steps(x, low, count, first, number, dense):
    """The rows of `number` steps of x (T, C) from step `first` on, made dense, one after the other."""
    steps, size = x.rows_per_sample, dense_size(x.blocks, count)
    for block in range(x.blocks):
        for i in range(count):
            source = at(x, block * x.rows + (low + i) * steps + first)
            target = at(dense, block * count + i)
            for t in range(number):
                store(target, t * size * LANES, load(source, t * LANES))


@inlined
def put_steps(dense, x, low, count, first, number):
    """Writes dense values into the rows of `number` steps of x (T, C) from step `first` on."""
    steps, size = x.rows_per_sample, dense_size(x.blocks, count)
    for block in range(x.blocks):
        for i in range(count):
            target = at(x, block * x.rows + (low + i) * steps + first)
            source = at(dense, block * count + i)
            for t in range(number):
                store(target, t * LANES, load(source, t * size * LANES))


@inlined
def clear_dense(dense, blocks, count):
    """Zeros in one dense value."""
    for vector in range(blocks * count):
        store(dense, vector * LANES, constant(0))


@inlined
def copy_dense(source, target, blocks, count):
    """Copies one dense value."""
    for vector in range(blocks * count):
        store(target, vector * LANES, load(source, vector * LANES))


@inlined
def start_state(extras, masked, number, blocks, low, count, dense):
    """A state before the first step, made dense: that number of the initial ones, or zeros."""
    for block in range(blocks):
        for i in range(count):
            place = (block * count + i) * LANES
            if len(extras) > masked:
                store(dense, place, load(extras[number], (block * extras[number].rows + low + i) * LANES))
            else:
                store(dense, place, constant(0))


@inlined
def take_mask(extras, masked, blocks, low, count, mask):
    """The mask, made dense, if there is one: it is the last of the extras."""
    if masked != 0:
        given = extras[len(extras) - 1]
        for block in range(blocks):
            for i in range(count):
                store(mask, (block * count + i) * LANES, load(given, (block * given.rows + low + i) * LANES))


@inlined
def seen_state(x, mask, masked, blocks, count):
    """What recurrent weights see of a dense state: all of it, or where there is a mask its product with that."""
    if masked == 0:
        return x
    product = at(mask, blocks * count)  # behind the mask
    for vector in range(blocks * count):
        store(product, vector * LANES, load(x, vector * LANES) * load(mask, vector * LANES))
    return product


@inlined
def add_slopes(slopes, depth, count, turned, columns, mask, masked, out):
    """out = out + slopes · turned, the slopes of a state that weights have seen: where there is a mask, times that."""
    sums = out if masked == 0 else at(mask, columns * count)
    if masked != 0:
        clear_dense(sums, columns, count)
    add_product(slopes, depth, count, turned, columns, sums)
    if masked != 0:
        for vector in range(0, columns * count * LANES, LANES):
            store(out, vector, load(out, vector) + load(sums, vector) * load(mask, vector))


@kernel
def previous_step(y, initial, z, step, low, high):
    """z (T, H) = y (T, H) one step later, zeros or the initial state first; overwrites z."""
    steps = y.rows_per_sample
    for block in range(y.blocks):
        for sample in range(low, high):
            first = block * y.rows + sample * steps
            begin = constant(0)
            if len(initial) > 0:
                begin = load(initial[0], (block * initial[0].rows + sample) * LANES)
            store(z, first * LANES, begin)
            for t in range(1, steps):
                store(z, (first + t) * LANES, load(y, (first + t - 1) * LANES))


@kernel
def load_memory(memory, y, step, low, high):
    """y (H,) = the samples' rows of the memory, zeros at the start of an epoch; overwrites y."""
    for block in range(y.blocks):
        for sample in range(low, high):
            known = load(memory, (block * memory.rows + sample) * LANES)
            store(y, (block * y.rows + sample) * LANES, constant(0) if step[POSITION] == 0 else known)


@kernel
def store_memory(y, memory, step, low, high):
    """The last step of y (T, H) becomes the samples' rows of the memory."""
    steps = y.rows_per_sample
    for block in range(y.blocks):
        for sample in range(low, high):
            last = load(y, (block * y.rows + (sample + 1) * steps - 1) * LANES)
            store(memory, (block * memory.rows + sample) * LANES, last)


@kernel
def row_of_position(x, y, steps, step, low, high):
    """y (1, C) = the row of x (T, C) at the position of the step, at most the last; overwrites y."""
    for block in range(y.blocks):
        for sample in range(low, high):
            row = min(step[POSITION], steps - 1)
            store(y, (block * y.rows + sample) * LANES, load(x, (block * x.rows + row) * LANES))
