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
