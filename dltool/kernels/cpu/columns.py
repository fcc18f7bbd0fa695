"""The columns of weights in equal parts, whose blocks of 16 begin elsewhere than those of the whole."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import copy_vectors
from dltool.kernels.records import LANES


@kernel
def split_columns(w, pieces, step, low, high):
    """Parts (…, N) of the columns of w (…, parts · N), for some blocks of these; overwrites them."""
    stored, width, size = w.rows, w.channels, pieces[0].channels
    for block in range(low, high):
        if size % LANES == 0:
            blocks = size // LANES  # of a part
            copy_vectors(at(w, block * stored), at(pieces[block // blocks], block % blocks * stored), stored)
            continue
        for lane in range(min(LANES, width - block * LANES)):
            part, column = (block * LANES + lane) // size, (block * LANES + lane) % size
            target = pieces[part]
            _copy_column(w, block * stored * LANES + lane, target, place(column, 0, stored), stored)
            if column == size - 1:
                for beyond in range(size, -(-size // LANES) * LANES):
                    _clear_column(target, place(beyond, 0, stored), stored)


@kernel
def join_columns(parts, w, step, low, high):
    """w (…, parts · N) = the parts (…, N) side by side, for some vectors of w; overwrites them."""
    stored, width, size = w.rows, w.channels, parts[0].channels
    begin = low * w.is_chunk * LANES
    vector = low
    while vector < high:  # as many rows of a block as there are
        block, row = vector // stored, vector % stored
        count = min(high - vector, stored - row)
        target = vector * LANES - begin
        if size % LANES == 0:
            blocks = size // LANES
            copy_vectors(at(parts[block // blocks], block % blocks * stored + row), advance(w, target), count)
        else:
            for lane in range(LANES):
                column = block * LANES + lane
                if column < width:
                    source = place(column % size, row, stored)
                    _copy_column(parts[column // size], source, w, target + lane, count)
                else:
                    _clear_column(w, target + lane, count)
        vector += count


def _copy_column(source, first, target, begin, count):
    for row in range(count):
        target[begin + row * LANES] = source[first + row * LANES]


def _clear_column(target, begin, count):
    for row in range(count):
        target[begin + row * LANES] = float32(0)
