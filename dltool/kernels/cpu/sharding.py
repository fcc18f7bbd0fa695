"""Adding up what the shards of a batch give, in pairs of pairs, so that any processes can compute them."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.vector import fence, load, splat, store, stream
from dltool.kernels.records import COUNT, LANES, NUMBER

#: from this many vectors on (2 MiB), a total does not stay in the caches until it is read again
STREAMED = 1 << 15


@kernel
def add_shard(g, totals, step, low, high):
    """g joins the totals whose bits are set in the shard's number, up to the first that is free, which takes the sum.

    In the last shard g joins all totals whose bits are set, and the first one takes the sum.
    """
    g, number = chunk(g, low), step[NUMBER]
    last = number == step[COUNT] - 1
    free = 0
    while number >> free & 1:
        free += 1
    levels = len(totals) if last else free
    result = totals[0 if last else free]
    streams = result.blocks * result.rows >= STREAMED
    for i in range(low * LANES, high * LANES, LANES):
        value = load(g, i)
        for level in range(levels):
            if number >> level & 1:
                value = load(totals[level], i) + value
        if streams:
            stream(result, i, value)
        else:
            store(result, i, value)
    if streams:
        fence()


@kernel
def restart_statistic(statistic, before, step, low, high):
    """In the first shard before = statistic, in the others statistic = before, for some blocks of channels."""
    first = step[NUMBER] == 0
    for i in range(low * LANES, high * LANES, LANES):
        if first:
            store(before, i, load(statistic, i))
        else:
            store(statistic, i, load(before, i))


@kernel
def mean_of_shards(total, statistic, step, low, high):
    """statistic = total · (1 / shards); overwrites statistic."""
    share = splat(float32(1) / float32(step[COUNT]))
    for i in range(low * LANES, high * LANES, LANES):
        store(statistic, i, load(total, i) * share)
