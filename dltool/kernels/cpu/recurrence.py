"""From step to step: products with recurrent weights, for all samples of a thread at once.

The rows of a sequence lie one after the other, so those of one step are far apart, and often in the same set of a
cache. What a step works on is therefore kept together: a dense value is (C/16, count, 16) for the `count` samples at
hand. Values are made dense, and written back, for some steps at a time.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.compiler import types
from dltool.kernels.cpu.bfloat16 import rounded as as_bfloat16
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.pairs import words_of_lanes
from dltool.kernels.cpu.pointers import at, make_room
from dltool.kernels.cpu.product import columns_together, product_rows, rows_of_tiles, set_tap
from dltool.kernels.cpu.registers import WORDS_ACROSS
from dltool.kernels.cpu.vector import clear_vectors, constant, load, store
from dltool.kernels.cpu.workspace import TAP_FIELDS, WORD_BLOCKS, dense_vectors, mask_vectors
from dltool.kernels.records import LANES, POSITION

_room_for_taps = make_room(types.int64, WORD_BLOCKS * TAP_FIELDS)


def add_product(tiles, x, depth, count, w, columns, out):
    """out = out + x · w, of dense x (depth blocks) and out (columns blocks), and w as it is stored."""
    across, panels = count * LANES, (w, depth * LANES * LANES)
    start, target = (out, LANES, across), (out, across)
    product_rows(tiles, depth, x, across, panels, start, target, count, columns, float32(-inf))


def add_word_product(tiles, x, depth, count, w, columns, out):
    """The same of words: of `depth` blocks of x, and of w as it is stored."""
    table = _room_for_taps()
    for first in range(0, depth, WORD_BLOCKS):
        taps = min(WORD_BLOCKS, depth - first)
        for tap in range(taps):
            set_tap(table, tap, tap * count * LANES, tap * LANES * LANES, LANES)
        column = 0
        while column < columns:
            across = columns_together(min(WORDS_ACROSS, columns - column))
            target, panels = (at(out, column * count), count * LANES), at(w, (column * depth + first) * LANES)
            rows_of_tiles(
                tiles, count, across, taps, table, at(x, first * count), LANES, 1, (panels, depth * LANES * LANES),
                (target[0], LANES, target[1]), target, float32(-inf),
            )  # fmt: skip
            column += across


def make_words(x, blocks, count, words):
    """Words of the channels of a dense value, which is `blocks` blocks."""
    for block in range((blocks + 1) // 2):
        first, second, both = 2 * block * count, (2 * block + 1) * count, 2 * block + 1 < blocks
        for i in range(count):
            upper = load(x, (second + i) * LANES) if both else constant(0)
            store(words, (block * count + i) * LANES, words_of_lanes(load(x, (first + i) * LANES), upper))


def add_seen(tiles, state, mask, masked, rounded, blocks, count, w, columns, out):
    """out = out + state · w, of what recurrent weights see of a dense state; with `rounded` 2 these are words."""
    seen = seen_state(state, mask, masked, 1 if rounded == 1 else 0, blocks, count)
    if rounded == 2:
        words = at(mask, mask_vectors(blocks, count))  # behind all that belongs to the mask
        make_words(seen, blocks, count, words)
        add_word_product(tiles, words, (blocks + 1) // 2, count, w, columns, out)
    else:
        add_product(tiles, seen, blocks, count, w, columns, out)


def transpose_matrix(w, depth, columns, turned):
    """w (depth · 16, columns · 16), stored by blocks of its columns, by blocks of its rows."""
    for d in range(depth):
        for j in range(columns):
            transpose_block(at(w, (j * depth + d) * LANES), at(turned, (d * columns + j) * LANES))


def take_steps(x, low, count, first, number, dense):
    """The rows of `number` steps of x (T, C) from step `first` on, made dense, one after the other."""
    steps, size = x.rows_per_sample, dense_vectors(x.blocks, count)
    for block in range(x.blocks):
        for i in range(count):
            source = at(x, block * x.rows + (low + i) * steps + first)
            target = at(dense, block * count + i)
            for t in range(number):
                store(target, t * size * LANES, load(source, t * LANES))


def put_steps(dense, x, low, count, first, number):
    """Writes dense values into the rows of `number` steps of x (T, C) from step `first` on."""
    steps, size = x.rows_per_sample, dense_vectors(x.blocks, count)
    for block in range(x.blocks):
        for i in range(count):
            target = at(x, block * x.rows + (low + i) * steps + first)
            source = at(dense, block * count + i)
            for t in range(number):
                store(target, t * LANES, load(source, t * size * LANES))


def start_state(extras, masked, number, blocks, low, count, dense):
    """A state before the first step, made dense: that number of the initial ones, or zeros."""
    for block in range(blocks):
        for i in range(count):
            place = (block * count + i) * LANES
            if len(extras) > masked:
                store(dense, place, load(extras[number], (block * extras[number].rows + low + i) * LANES))
            else:
                store(dense, place, constant(0))


def take_mask(extras, masked, blocks, low, count, mask):
    """The mask, made dense, if there is one: it is the last of the extras."""
    if masked != 0:
        given = extras[len(extras) - 1]
        for block in range(blocks):
            for i in range(count):
                store(mask, (block * count + i) * LANES, load(given, (block * given.rows + low + i) * LANES))


def seen_state(x, mask, masked, rounded, blocks, count):
    """What recurrent weights see of a dense state: all of it; its product with a mask, where there is one; rounded."""
    if masked == 0 and rounded == 0:
        return x
    seen = at(mask, blocks * count)  # behind the mask
    for vector in range(0, blocks * count * LANES, LANES):
        value = load(x, vector)
        if masked != 0:
            value = value * load(mask, vector)
        store(seen, vector, as_bfloat16(value) if rounded != 0 else value)
    return seen


def add_slopes(tiles, slopes, depth, count, turned, columns, mask, masked, rounded, out):
    """out = out + slopes · turned, the slopes of a state that weights have seen: where there is a mask, times that."""
    sums = out if masked == 0 else at(mask, columns * count)
    seen = at(mask, mask_vectors(columns, count))  # behind all that belongs to the mask
    if rounded == 1:
        for vector in range(0, depth * count * LANES, LANES):
            store(seen, vector, as_bfloat16(load(slopes, vector)))
        slopes = seen
    if masked != 0:
        clear_vectors(sums, columns * count)
    if rounded == 2:
        make_words(slopes, depth, count, seen)
        add_word_product(tiles, seen, (depth + 1) // 2, count, turned, columns, sums)
    else:
        add_product(tiles, slopes, depth, count, turned, columns, sums)
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
