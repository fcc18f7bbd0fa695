"""Making a batch: the order of the epoch, fetching rows of the data into blocks, keeping outputs for the metrics."""

from __future__ import annotations

from numpy import float32, float64, int64, uint32, uint64

from dltool.kernels.cpu.channels import clear_last_lanes, place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import any_lane, first_lanes, get_word, lane_numbers, load_lanes, set_lane, used_lanes
from dltool.kernels.cpu.operands import Bytes, Codes, Integers
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import constant, load, load_bytes, select, splat, store, store_integers
from dltool.kernels.records import COLLECTED, EPOCH, LANES, ORIGIN, POSITION


def mix(word):
    """A bijection of 64-bit integers: the finalizer of SplitMix64 (Steele et al., OOPSLA 2014)."""
    word = (word ^ (word >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
    return word ^ (word >> uint64(31))


def scramble(word):
    """A bijection of 32-bit integers: lowbias32 (Wellons, Prospecting for Hash Functions, 2018)."""
    word = (word ^ (word >> splat(uint32(16)))) * splat(uint32(0x7FEB352D))
    word = (word ^ (word >> splat(uint32(15)))) * splat(uint32(0x846CA68B))
    return word ^ (word >> splat(uint32(16)))


def feistel(index, half, first, second):
    """Four rounds on 2 · half bits, with the four words of two 64-bit keys."""
    mask, shift = splat(uint32((1 << half) - 1)), splat(uint32(half))
    left, right = index >> shift, index & mask
    left, right = right, left ^ (scramble(right ^ splat(uint32(first))) & mask)
    left, right = right, left ^ (scramble(right ^ splat(uint32(first >> uint64(32)))) & mask)
    left, right = right, left ^ (scramble(right ^ splat(uint32(second))) & mask)
    left, right = right, left ^ (scramble(right ^ splat(uint32(second >> uint64(32)))) & mask)
    return (left << shift) | right


def half_width(total):
    """Half of the even number of bits, at least 2, that hold total - 1."""
    bits = 0
    while (total - 1) >> bits > 0:
        bits += 1
    return max(1, (bits + 1) // 2)


@kernel
def order(rows: Integers, rows_total, shuffle, key, step, low, high):
    """rows () = the epoch's permutation of (position - origin + i) mod rows_total, for sample i; overwrites rows.

    The permutation is a keyed Feistel network with cycle walking, so that any step of any epoch is reached at once.
    """
    shuffle = shuffle != 0
    position = step[POSITION] - step[ORIGIN]
    state = mix(uint64(key)) ^ uint64(step[EPOCH])
    first_key = mix(state + uint64(0x9E3779B97F4A7C15))
    second_key = mix(state + uint64(0x3C6EF372FE94F82A))  # twice the constant before, modulo 2⁶⁴
    half, limit = half_width(rows_total), splat(uint32(rows_total))
    for first in range(low, high, LANES):
        index = lane_numbers() + splat(uint32((position + first) % rows_total))
        while any_lane(index >= limit):
            index = select(index >= limit, index - limit, index)
        if shuffle:
            index = feistel(index, half, first_key, second_key)
            while any_lane(index >= limit):
                index = select(index >= limit, feistel(index, half, first_key, second_key), index)
        if first + LANES <= high:
            store_integers(rows, first, index)
        else:
            for lane in range(high - first):
                rows[first + lane] = get_word(index, lane)


@kernel
def stream_order(rows: Integers, streams, length, step, low, high):
    """rows (): position p = position + i is row p // streams of stream p mod streams; overwrites rows."""
    for i in range(low, high):
        position = step[POSITION] + i
        rows[i] = position % streams * length + position // streams


@kernel
def draw(chances, others: Codes, rows: Integers, rows_total, key, step, low, high):
    """rows () = what an alias table draws for (position + i) of the epoch, for sample i; overwrites rows."""
    total, key = uint64(rows_total), uint64(key)
    for first in range(low, high, LANES):
        index = uint64(step[POSITION] + first)
        counter = splat(uint32(index)) + lane_numbers()
        carried = splat(uint32(index >> uint64(32)))  # an epoch has fewer than 2³² samples, and lanes may not carry
        row_word, chance_word, _, _ = philox(
            counter, carried, splat(uint32(step[EPOCH])), splat(uint32(0xD3A3)), uint32(key), uint32(key >> uint64(32))
        )
        for lane in range(min(LANES, high - first)):
            row = int64((uint64(get_word(row_word, lane)) * total) >> uint64(32))
            kept = float64(get_word(chance_word, lane)) < float64(chances[row]) * 4294967296.0
            rows[first + lane] = row if kept else int64(others[row])


@kernel
def gather(data, rows: Integers, x, step, low, high):
    """x (…, C) = the rows of data (…, C); overwrites x."""
    width, all_rows = x.channels, x.rows
    per = x.rows_per_sample
    last, full = first_lanes(width % LANES), width // LANES * LANES
    for sample in range(low, high):
        source = advance(data, rows[sample] * per * width)
        for row in range(sample * per, (sample + 1) * per):
            for c in range(0, full, LANES):
                store(x, place(c, row, all_rows), load(source, c))
            if full < width:
                store(x, place(full, row, all_rows), load_lanes(source, full, last))
            source = advance(source, width)


@kernel
def gather_targets(data, rows: Integers, targets, step, low, high):
    """targets (k,) = the rows of data (k,); overwrites targets."""
    width, all_rows = targets.channels, targets.rows
    for sample in range(low, high):
        for c in range(width):
            targets[place(c, sample, all_rows)] = data[rows[sample] * width + c]
        clear_last_lanes(targets, width, sample, all_rows)


@kernel
def gather_scaled(data: Bytes, rows: Integers, offset, factor, x, step, low, high):
    """x (…, C) = (the rows of data (…, C) of bytes - offset) · factor, each of those () or (C,); overwrites x."""
    width, per = x.channels, x.rows_per_sample
    size = per * width
    for sample in range(low, high):
        for block in range(x.blocks):
            used = used_lanes(block, width)
            shift, scale = scaling(offset, block, width), scaling(factor, block, width)
            source = advance(data, rows[sample] * size + block * LANES)
            target = at(x, block * x.rows + sample * per)
            for row in range(per):
                value = channels_at(source, row * width, block, width, size, load_bytes)
                store(target, row * LANES, select(used, (value - shift) * scale, constant(0)))


def scaling(numbers, block, width):
    """The offset or factor, () or (C,), of a block of the channels of x; zero behind the last one."""
    every = load(numbers, block * LANES) if numbers.channels > 1 else splat(numbers[0])
    return select(used_lanes(block, width), every, constant(0))


def channels_at(source, place, block, width, size, load_vector):
    """The channels of a block at a place of a sample of some size, and what follows; nothing is read beyond its end."""
    if place + block * LANES + LANES <= size:
        return load_vector(source, place)
    value = constant(0)
    for lane in range(min(LANES, width - block * LANES)):
        value = set_lane(value, lane, float32(source[place + lane]))
    return value


@kernel
def gather_labels(data: Integers, rows: Integers, labels: Integers, step, low, high):
    """labels () = the rows of data (); overwrites labels."""
    for sample in range(low, high):
        labels[sample] = data[rows[sample]]


@kernel
def collect(x, collected, step, low, high):
    """collected (…) = x (…), row by row, from the step's first collected row on; overwrites collected."""
    width, all_rows, per = x.channels, x.rows, x.rows_per_sample
    for row in range(low * per, high * per):
        target = advance(collected, (step[COLLECTED] * per + row) * width)
        c = 0
        while c + LANES <= width:
            store(target, c, load(x, place(c, row, all_rows)))
            c += LANES
        while c < width:
            target[c] = x[place(c, row, all_rows)]
            c += 1
