"""Kernels that no network calls: they find the limits of the machine that all others are measured against."""

from __future__ import annotations

from typing import Any

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import call, counted, instruction, moved, variable
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import advance
from dltool.kernels.cpu.registers import WIDE
from dltool.kernels.cpu.vector import FMA, constant, fma, load, read, store, write
from dltool.kernels.records import LANES

#: vectors that `multiply_adds` works on; who calls it gives as many
VECTORS = 12
#: as many at a time as hide the latency of a multiply-add and stay in registers with both factors
CHAINS = 12 if WIDE else 6


@instruction
def _run_chains(turns: Any, chains: Any, factor: Any, addend: Any):
    """`turns` times c = c · factor + addend, for each of the vectors that `chains` points to."""

    def emit(builder: Any, args: Any) -> Any:
        turns, chains, factor, addend = args
        places = [moved(builder, chains, i * LANES) for i in range(CHAINS)]
        registers = [variable(builder, read(builder, place)) for place in places]
        with counted(builder, turns):
            for register in registers:
                builder.store(call(builder, FMA, factor.type, builder.load(register), factor, addend), register)
        for place, register in zip(places, registers, strict=True):
            write(builder, builder.load(register), place)

    return types.void(types.int64, chains, factor, addend), emit


@kernel
def multiply_adds(c, step, low, high):
    """c = 0.999 · c + 0.001 for 12 vectors c, high − low times: nothing but multiply-adds in registers."""
    for first in range(0, VECTORS, CHAINS):
        _run_chains(high - low, advance(c, first * LANES), constant(0.999), constant(0.001))


@kernel
def triad(x, y, z, step, low, high):
    """z = x + 3 · y for the vectors from low to high: two reads and a write (McCalpin's STREAM); overwrites z."""
    factor = constant(3)
    for i in range(low * LANES, high * LANES, LANES):
        store(z, i, fma(factor, load(y, i), load(x, i)))
