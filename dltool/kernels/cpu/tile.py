"""The register tile: a few rows of 16 channels, accumulated in registers over a whole depth, written as LLVM vector IR.

    out[i] = start[i] + Σ over d < depth, k < unroll of  a[d, i, k] · b[d·unroll + k]      (each out[i], b[·]: 16 lanes)

with `a` broadcast from memory. All products of the package are this tile with different strides: forward and data
gradient walk blocks of channels (unroll 16), the weight gradient walks samples (unroll 1). Every output sums in the
order of the depth, so its bits do not depend on the tile's height.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils

from dltool.kernels.cpu.vector import instruction
from dltool.kernels.records import LANES

_F32P = types.CPointer(types.float32)
_I64P = types.CPointer(types.int64)
_I64 = ir.IntType(64)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def wide_registers() -> bool:
    """Whether a vector fits one of 32 registers (AVX-512) rather than two of 16 (AVX2)."""
    features = numba.config.CPU_FEATURES  # type: ignore[attr-defined]
    if features is not None:
        return "+avx512f" in features
    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


def make_tile(height: int, *, unroll: int, row_stride: int, unroll_stride: int, floor: bool) -> Any:
    """A tile of `height` rows whose operand `a` advances by the given strides (floats) per row and unrolled term.

    The tile is called as tile(depth, a, a_stride, b, start, start_stride, out, least): `a_stride` (floats) is the
    distance of the depth, `start` the initial value of the rows (stride 0 for a bias), `out` has rows of 16 and, with
    `floor`, no value below `least` is written (NaN is).
    """
    signature = types.void(types.int64, _F32P, types.int64, _F32P, _F32P, types.int64, _F32P, types.float32)

    @instruction
    def tile(typing, depth, a, a_stride, b, start, start_stride, out, least):
        def emit(context, builder, sig, args):
            depth, a, a_stride, b, start, start_stride, out, least = args
            fma = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), "llvm.fma.v16f32"
            )
            accumulators = []
            for i in range(height):
                address = builder.gep(start, [builder.mul(ir.Constant(_I64, i), start_stride)])
                accumulators.append(cgutils.alloca_once_value(builder, _load(builder, address)))
                builder.store(_load(builder, address), accumulators[i])
            a_now = _variable(builder, a)
            b_now = _variable(builder, b)
            with cgutils.for_range(builder, depth):
                a_here, b_here = builder.load(a_now), builder.load(b_now)
                for k in range(unroll):
                    lanes = _load(builder, _at(builder, b_here, k * LANES))
                    for i in range(height):
                        scalar = builder.load(_at(builder, a_here, i * row_stride + k * unroll_stride), align=4)
                        total = builder.call(fma, [_splat(builder, scalar), lanes, builder.load(accumulators[i])])
                        builder.store(total, accumulators[i])
                builder.store(builder.gep(a_here, [a_stride]), a_now)
                builder.store(_at(builder, b_here, unroll * LANES), b_now)
            limit = _splat(builder, least)
            for i in range(height):
                value = builder.load(accumulators[i])
                if floor:
                    value = builder.select(builder.fcmp_ordered("<", value, limit), limit, value)
                builder.store(value, _as_vector(builder, _at(builder, out, i * LANES)), align=4)
            return context.get_dummy_value()

        return signature, emit

    return tile


def make_tap_tiles(tallest: int) -> Any:
    """Tiles of up to `tallest` rows that add up taps, as convolutions do.

    Called as tiles(height, taps, table, a, a_row, a_step, b, start, start_stride, out, least). A tap is three integers
    of the table: where it begins in `a` and in `b`, both in floats, and how many terms it has. Rows of `a` are `a_row`
    floats apart and its terms `a_step`; those of `b` are vectors. The rest is as in `make_tile` with a floor.
    """
    signature = types.void(
        types.int64,
        types.int64,
        _I64P,
        _F32P,
        types.int64,
        types.int64,
        _F32P,
        _F32P,
        types.int64,
        _F32P,
        types.float32,
    )

    @instruction
    def tiles(typing, height, taps, table, a, a_row, a_step, b, start, start_stride, out, least):
        def emit(context, builder, sig, args):
            end = builder.append_basic_block("tiles_end")
            switch = builder.switch(args[0], end)
            for height in range(1, tallest + 1):
                case = builder.append_basic_block(f"tile_of_{height}")
                switch.add_case(ir.Constant(_I64, height), case)
                builder.position_at_end(case)
                _emit_tap_tile(builder, height, *args[1:])
                builder.branch(end)
            builder.position_at_end(end)
            return context.get_dummy_value()

        return signature, emit

    return tiles


def _emit_tap_tile(
    builder: Any, height: int,
    taps: Any, table: Any, a: Any, a_row: Any, a_step: Any, b: Any, start: Any, start_stride: Any, out: Any, least: Any,
) -> None:  # fmt: skip
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.v16f32")
    rows = [builder.mul(ir.Constant(_I64, i), a_row) for i in range(height)]
    accumulators = []
    for i in range(height):
        slot = cgutils.alloca_once(builder, _VECTOR)
        builder.store(_load(builder, builder.gep(start, [builder.mul(ir.Constant(_I64, i), start_stride)])), slot)
        accumulators.append(slot)
    with cgutils.for_range(builder, taps) as tap:
        place = builder.mul(tap.index, ir.Constant(_I64, 3))
        a_start, b_start, terms = (builder.load(builder.gep(table, [_plus(builder, place, i)])) for i in range(3))
        a_now = _variable(builder, builder.gep(a, [a_start]))
        b_now = _variable(builder, builder.gep(b, [b_start]))
        with cgutils.for_range(builder, terms):
            a_here, b_here = builder.load(a_now), builder.load(b_now)
            lanes = _load(builder, b_here)
            for row, slot in zip(rows, accumulators, strict=True):
                address = builder.gep(a_here, [row])
                given = _splat(builder, builder.load(address, align=4))
                builder.store(builder.call(fma, [given, lanes, builder.load(slot)]), slot)
            builder.store(builder.gep(a_here, [a_step]), a_now)
            builder.store(_at(builder, b_here, LANES), b_now)
    limit = _splat(builder, least)
    for i, slot in enumerate(accumulators):
        value = builder.load(slot)
        value = builder.select(builder.fcmp_ordered("<", value, limit), limit, value)
        builder.store(value, _as_vector(builder, _at(builder, out, i * LANES)), align=4)


def _plus(builder: Any, index: Any, constant: int) -> Any:
    return builder.add(index, ir.Constant(_I64, constant))


def _variable(builder: Any, value: Any) -> Any:
    slot = cgutils.alloca_once(builder, value.type)
    builder.store(value, slot)
    return slot


def _at(builder: Any, pointer: Any, elements: int) -> Any:
    return builder.gep(pointer, [ir.Constant(_I64, elements)])


def _as_vector(builder: Any, pointer: Any) -> Any:
    return builder.bitcast(pointer, _VECTOR.as_pointer())


def _load(builder: Any, pointer: Any) -> Any:
    return builder.load(_as_vector(builder, pointer), align=4)


def _splat(builder: Any, scalar: Any) -> Any:
    undefined = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
