"""What a product still does to its rows while they are in the cache: a bias, a floor, two elementwise functions."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.calls import call_elementwise
from dltool.kernels.cpu.lanes import first_lanes
from dltool.kernels.cpu.pointers import advance, bits_as_number, float_pointer
from dltool.kernels.cpu.vector import constant, load, select, store
from dltool.kernels.records import BIAS, CALL_FIELDS, EPILOGUE_FIELDS, FLOOR, LANES


def bias_of(epilogue):
    """The bias that rows start from; zeros where there is none."""
    return float_pointer(epilogue[BIAS])


def floor_of(epilogue):
    """The least value that the product writes."""
    return float32(bits_as_number(epilogue[FLOOR]))


def finish(epilogue, rows, offset, count, used):
    """The elementwise functions on `count` rows with `used` channels, which lie `offset` floats into each value."""
    for place in range(FLOOR + 1, EPILOGUE_FIELDS, CALL_FIELDS):
        call = advance(epilogue, place)
        if call[0] != 0:
            saved, out = advance(float_pointer(call[1]), offset), advance(float_pointer(call[2]), offset)
            one, two = float32(bits_as_number(call[3])), float32(bits_as_number(call[4]))
            call_elementwise(call[0], rows, saved, out, count, one, two)
            if used < LANES:
                clear_padding(out, count, used)
            rows = out


def clear_padding(x, count, used):
    """Zero the lanes from `used` on of `count` rows, since padding must stay zero whatever f(0) is."""
    for i in range(count):
        store(x, i * LANES, select(first_lanes(used), load(x, i * LANES), constant(0)))
