"""Batch normalization of images, by moments of the batch."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.epilogue import finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import advance
from dltool.kernels.cpu.vector import fma, load, select, splat, store
from dltool.kernels.records import BATCH, LANES


@kernel
def normalize(x, mean, inverse_std, gain, bias, y, epilogue, step, low, high):
    """y (…, C) = epilogue((x (…, C) - mean) · s · gain + bias); overwrites y and the epilogue's output."""
    count, least = x.rows_per_sample, splat(floor_of(epilogue))
    for sample in range(low, high):
        for block in range(x.blocks):
            factor = load(inverse_std, block * LANES) * load(gain, block * LANES)
            shift = load(bias, block * LANES) - load(mean, block * LANES) * factor
            place = (block * x.rows + sample * count) * LANES
            for i in range(place, place + count * LANES, LANES):
                value = fma(load(x, i), factor, shift)
                store(y, i, select(value < least, least, value))
            finish(epilogue, advance(y, place), place, count, x.channels - block * LANES)


@kernel
def normalize_gradient(dy, x, mean, inverse_std, gain, dgain, dbias, dx, step, low, high):
    """dx (…, C) = gain · s · (dy - dbias / n - (x - mean) · s · dgain / n) over the n pixels; overwrites dx."""
    count = dy.rows_per_sample
    share = splat(float32(1) / float32(step[BATCH] * count))
    for block in range(dy.blocks):
        scale = load(inverse_std, block * LANES)
        factor, slope = load(gain, block * LANES) * scale, load(dgain, block * LANES) * share * scale
        # dy · factor - x · (slope · factor) + (mean · slope - dbias / n) · factor
        shift = (load(mean, block * LANES) * slope - load(dbias, block * LANES) * share) * factor
        slope = slope * factor
        place = block * dy.rows
        for i in range((place + low * count) * LANES, (place + high * count) * LANES, LANES):
            store(dx, i, fma(load(dy, i), factor, shift - load(x, i) * slope))
