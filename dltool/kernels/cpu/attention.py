"""Attention in tiles: some queries against some keys at a time, with a softmax that is corrected as it goes on.

Queries, keys and values of one head are copied to the workspace, (D/16, steps, 16) with whole blocks of steps, where
what is padding is zero. Keys are transposed there into panels, one for 16 keys, as the register tile wants them.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.arithmetic import place as place_of
from dltool.kernels.cpu.elementary import exp, log
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes, get_lane, max_lanes, set_lane, sum_lanes, transpose_block
from dltool.kernels.cpu.masking import steps_of
from dltool.kernels.cpu.matmul import outer_products, product_rows
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import constant, inlined, load, select, shared, splat, store
from dltool.kernels.cpu.workspace import KEYS, QUERIES, attention_gradient_space, attention_space
from dltool.kernels.records import LANES

_space, _gradient_space = shared(attention_space), shared(attention_gradient_space)


@kernel
def attention(qkv, lengths: Integers, y, logsums, heads, groups, causal, scale, workspace, step, low, high):
    """y (T, heads · D) and logsums (T, heads) of qkv (T, (heads + 2 · groups) · D); overwrites both."""
    steps, width = qkv.rows_per_sample, y.channels // heads
    at_keys, at_values, at_result, at_panels, at_scores, at_rows, _ = _space(steps, width)
    query, key, value = workspace, at(workspace, at_keys), at(workspace, at_values)
    result, panels = at(workspace, at_result), at(workspace, at_panels)
    scores, largest = at(workspace, at_scores), at(workspace, at_rows)
    sums = advance(largest, QUERIES)
    clear_last_lanes_of(logsums, low, high)
    for sample in range(low, high):
        seen = steps_of(lengths, sample, steps)
        for group in range(groups):
            take_head(qkv, sample, heads + group, width, key)
            take_head(qkv, sample, heads + groups + group, width, value)
            transpose_panels(key, steps, width, panels)
            for head in range(group * (heads // groups), (group + 1) * (heads // groups)):
                take_head(qkv, sample, head, width, query)
                for first in range(0, steps, QUERIES):
                    attend(
                        query, panels, value, result, scores, largest, sums, steps, width, first, seen, causal, scale
                    )
                    for i in range(min(QUERIES, steps - first)):
                        place = place_of(head, sample * steps + first + i, logsums.rows)
                        logsums[place] = largest[i] + get_lane(log(splat(sums[i])), 0)
                put_head(result, y, sample, head, width)


@inlined
def attend(query, panels, value, result, scores, largest, sums, steps, width, first, seen, causal, scale):
    """The result of up to QUERIES queries from `first` on; overwrites what it works on, and for each query its sum."""
    count, whole, blocks = min(QUERIES, steps - first), padded(steps), padded(width) // LANES
    for i in range(count):
        largest[i], sums[i] = float32(-inf), float32(0)
        for n in range(blocks):
            store(result, (n * whole + first + i) * LANES, constant(0))
    for key in range(0, visible(first + count - 1, seen, causal), KEYS):
        multiply_queries(query, panels, scores, whole, blocks, first, count, key, seen, causal)
        for i in range(count):
            limit = min(visible(first + i, seen, causal) - key, KEYS)
            if limit > 0:
                factor = soften(scores, largest, sums, i, limit, float32(scale))
                if key > 0:
                    for n in range(blocks):
                        place = (n * whole + first + i) * LANES
                        store(result, place, load(result, place) * splat(factor))
        add_rows(scores, value, result, whole, blocks, first, count, key, seen, causal)
    for i in range(count):
        inverse = splat(float32(1) / sums[i])
        for n in range(blocks):
            place = (n * whole + first + i) * LANES
            store(result, place, load(result, place) * inverse)


@inlined
def visible(query, seen, causal):
    """How many keys a query sees."""
    return min(seen, query + 1) if causal else seen


@inlined
def multiply_queries(rows, panels, products, whole, blocks, first, count, key, seen, causal):
    """Products of `count` rows from `first` on with the panels of up to KEYS keys, but for those that no row sees."""
    for j in range(blocks_of_keys(first + count - 1, key, seen, causal)):
        unseen = max(0, key + j * LANES - first) if causal else 0
        out, least = at(products, j * QUERIES + unseen), float32(-inf)
        for row in range(count - unseen):
            store(out, row * LANES, constant(0))
        panel, source = at(panels, (key // LANES + j) * blocks * LANES), at(rows, first + unseen)
        product_rows(blocks, source, whole * LANES, panel, out, LANES, out, count - unseen, least)


@inlined
def blocks_of_keys(query, key, seen, causal):
    """How many blocks of the KEYS keys from `key` on a query sees some of."""
    return (min(max(visible(query, seen, causal) - key, 0), KEYS) + LANES - 1) // LANES


@inlined
def soften(scores, largest, sums, i, limit, scale):
    """Makes powers of the first `limit` scores of a query; adds them up; returns what earlier results shrink by."""
    best = constant(-inf)
    for j in range((limit + LANES - 1) // LANES):
        s = load(scores, (j * QUERIES + i) * LANES) * splat(scale)
        s = select(first_lanes(min(limit - j * LANES, LANES)), s, constant(-inf))
        best = select(s > best, s, best)
    new = max_lanes(best)
    new = largest[i] if largest[i] > new else new
    total = constant(0)
    for j in range((limit + LANES - 1) // LANES):
        place = (j * QUERIES + i) * LANES
        power = exp(load(scores, place) * splat(scale) - splat(new))
        power = select(first_lanes(min(limit - j * LANES, LANES)), power, constant(0))
        store(scores, place, power)
        total = total + power
    factor = get_lane(exp(splat(largest[i] - new)), 0)
    sums[i] = sums[i] * factor + sum_lanes(total)
    largest[i] = new
    return factor


@inlined
def add_rows(weights, rows, result, whole, blocks, first, count, key, seen, causal):
    """Adds to each of `count` results the rows of the keys that it sees, each by its weight."""
    for i in range(0, count, LANES):
        together = min(LANES, count - i)
        depth = blocks_of_keys(first + i + together - 1, key, seen, causal)
        if depth > 0:
            for n in range(blocks):
                panel, out = at(rows, n * whole + key), at(result, n * whole + first + i)
                source, least = at(weights, i), float32(-inf)
                product_rows(depth, source, QUERIES * LANES, panel, out, LANES, out, together, least)


@kernel
def attention_gradient(
    dy, qkv, y, logsums, lengths: Integers, dqkv, heads, groups, causal, scale, workspace, step, low, high
):  # fmt: skip
    """dqkv (T, (heads + 2 · groups) · D) of dy and y (T, heads · D), and what the attention had; overwrites dqkv."""
    steps, width = qkv.rows_per_sample, y.channels // heads
    places = _gradient_space(steps, width)
    query, upstream, key = workspace, at(workspace, places[0]), at(workspace, places[1])
    dquery, dkey, dvalue = at(workspace, places[2]), at(workspace, places[3]), at(workspace, places[4])
    panels, value_panels = at(workspace, places[5]), at(workspace, places[6])
    powers, slopes, means = at(workspace, places[7]), at(workspace, places[8]), at(workspace, places[9])
    whole, blocks = padded(steps), padded(width) // LANES
    for sample in range(low, high):
        seen = steps_of(lengths, sample, steps)
        for group in range(groups):
            take_head(qkv, sample, heads + groups + group, width, key)
            transpose_panels(key, steps, width, value_panels)
            take_head(qkv, sample, heads + group, width, key)
            transpose_panels(key, steps, width, panels)
            clear(dkey, whole * blocks)
            clear(dvalue, whole * blocks)
            for head in range(group * (heads // groups), (group + 1) * (heads // groups)):
                take_head(y, sample, head, width, dquery)
                take_head(dy, sample, head, width, upstream)
                take_head(qkv, sample, head, width, query)
                row_means(upstream, dquery, whole, blocks, steps, means)
                clear(dquery, whole * blocks)
                for first in range(0, steps, QUERIES):
                    count = min(QUERIES, steps - first)
                    for place in range(0, visible(first + count - 1, seen, causal), KEYS):
                        multiply_queries(query, panels, powers, whole, blocks, first, count, place, seen, causal)
                        multiply_queries(
                            upstream, value_panels, slopes, whole, blocks, first, count, place, seen, causal
                        )
                        for i in range(count):
                            limit = min(visible(first + i, seen, causal) - place, KEYS)
                            total = logsums[place_of(head, sample * steps + first + i, logsums.rows)]
                            make_slopes(powers, slopes, i, limit, total, means[first + i], float32(scale))
                        add_rows(slopes, key, dquery, whole, blocks, first, count, place, seen, causal)
                        add_columns(powers, upstream, dvalue, whole, blocks, first, count, place, seen, causal)
                        add_columns(slopes, query, dkey, whole, blocks, first, count, place, seen, causal)
                put_head(dquery, dqkv, sample, head, width)
            put_head(dkey, dqkv, sample, heads + group, width)
            put_head(dvalue, dqkv, sample, heads + groups + group, width)


@inlined
def row_means(upstream, result, whole, blocks, steps, means):
    """Σ dy · y of each query, which is the mean of the slopes of its scores."""
    for i in range(steps):
        total = constant(0)
        for n in range(blocks):
            place = (n * whole + i) * LANES
            total = total + load(upstream, place) * load(result, place)
        means[i] = sum_lanes(total)


@inlined
def make_slopes(powers, slopes, i, limit, total, mean, scale):
    """Of a query's scores, and of the slopes of its probabilities, makes its probabilities and the slopes of scores."""
    for j in range((limit + LANES - 1) // LANES):
        place, used = (j * QUERIES + i) * LANES, first_lanes(min(limit - j * LANES, LANES))
        p = exp(load(powers, place) * splat(scale) - splat(total))
        slope = p * (load(slopes, place) - splat(mean)) * splat(scale)
        store(powers, place, select(used, p, constant(0)))
        store(slopes, place, select(used, slope, constant(0)))


@inlined
def add_columns(weights, rows, sums, whole, blocks, first, count, key, seen, causal):
    """Adds to the sum of each key the rows of the queries that see it, each by its weight."""
    for j in range(blocks_of_keys(first + count - 1, key, seen, causal)):
        unseen = max(0, key + j * LANES - first) if causal else 0
        source = at(weights, j * QUERIES + unseen)
        for n in range(blocks):
            upstream, out = at(rows, n * whole + first + unseen), at(sums, n * whole + key + j * LANES)
            outer_products(count - unseen, source, upstream, out, LANES, out)


@inlined
def padded(size):
    """A size as whole blocks have it."""
    return (size + LANES - 1) // LANES * LANES


@inlined
def clear(x, vectors):
    """Zeros."""
    for vector in range(vectors):
        store(x, vector * LANES, constant(0))


@inlined
def clear_last_lanes_of(x, low, high):
    """Zeros in the last block of channels, whose padding must stay zero."""
    if x.channels % LANES != 0:
        for row in range(low * x.rows_per_sample, high * x.rows_per_sample):
            store(x, ((x.blocks - 1) * x.rows + row) * LANES, constant(0))


@inlined
def take_head(x, sample, head, width, dense):
    """The channels of a head, of all steps of a sample, with zeros for padding."""
    steps, whole = x.rows_per_sample, padded(x.rows_per_sample)
    for n in range(padded(width) // LANES):
        c, used = head * width + n * LANES, min(LANES, width - n * LANES)
        target = at(dense, n * whole)
        if c % LANES == 0 and used == LANES:
            source = at(x, c // LANES * x.rows + sample * steps)
            for i in range(steps):
                store(target, i * LANES, load(source, i * LANES))
        else:
            for i in range(steps):
                value = constant(0)
                for lane in range(used):
                    value = set_lane(value, lane, x[place_of(c + lane, sample * steps + i, x.rows)])
                store(target, i * LANES, value)
        for i in range(steps, whole):
            store(target, i * LANES, constant(0))


@inlined
def put_head(dense, x, sample, head, width):
    """Writes the channels of a head, of all steps of a sample; with the last head, zeros for the padding behind."""
    steps, whole = x.rows_per_sample, padded(x.rows_per_sample)
    for n in range(padded(width) // LANES):
        c, used = head * width + n * LANES, min(LANES, width - n * LANES)
        source = at(dense, n * whole)
        if c % LANES == 0 and used == LANES:
            target = at(x, c // LANES * x.rows + sample * steps)
            for i in range(steps):
                store(target, i * LANES, load(source, i * LANES))
        else:
            for i in range(steps):
                for lane in range(used):
                    x[place_of(c + lane, sample * steps + i, x.rows)] = source[i * LANES + lane]
    if (head + 1) * width == x.channels:
        for c in range(x.channels, x.blocks * LANES):
            for i in range(steps):
                x[place_of(c, sample * steps + i, x.rows)] = float32(0)


@inlined
def transpose_panels(dense, steps, width, panels):
    """Panels (D, 16) of 16 keys each."""
    whole, blocks = padded(steps), padded(width) // LANES
    for j in range(whole // LANES):
        for n in range(blocks):
            transpose_block(at(dense, n * whole + j * LANES), at(panels, (j * blocks + n) * LANES))
