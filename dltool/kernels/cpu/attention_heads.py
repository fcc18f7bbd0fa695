"""The heads of an attention: their queries, keys and values, each apart and whole in the workspace."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import load_channels, place, store_channels
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import clear_vectors, load, store
from dltool.kernels.records import LANES


def padded(size):
    """A size as whole blocks have it."""
    return (size + LANES - 1) // LANES * LANES


def take_head(x, sample, head, width, dense):
    """The channels of a head, of all steps of a sample, with zeros for padding."""
    steps, whole = x.rows_per_sample, padded(x.rows_per_sample)
    for n in range(padded(width) // LANES):
        first, used = head * width + n * LANES, min(LANES, width - n * LANES)
        target = at(dense, n * whole)
        for i in range(steps):
            store(target, i * LANES, load_channels(x, x.rows, sample * steps + i, first, used))
        clear_vectors(at(target, steps), whole - steps)


def put_head(dense, x, sample, head, width):
    """Writes the channels of a head, of all steps of a sample; with the last head, zeros for the padding behind."""
    steps, whole = x.rows_per_sample, padded(x.rows_per_sample)
    for n in range(padded(width) // LANES):
        first, used = head * width + n * LANES, min(LANES, width - n * LANES)
        source = at(dense, n * whole)
        for i in range(steps):
            store_channels(x, x.rows, sample * steps + i, first, used, load(source, i * LANES))
    if (head + 1) * width == x.channels:
        for c in range(x.channels, x.blocks * LANES):
            for i in range(steps):
                x[place(c, sample * steps + i, x.rows)] = float32(0)


def transpose_panels(dense, steps, width, panels):
    """Panels (D, 16) of 16 keys each."""
    whole, blocks = padded(steps), padded(width) // LANES
    for j in range(whole // LANES):
        for n in range(blocks):
            transpose_block(at(dense, n * whole + j * LANES), at(panels, (j * blocks + n) * LANES))
