"""Products of a small constant matrix and a few vectors in registers, written as LLVM vector IR.

Zeros cost nothing and ones no multiplication. Two rows, or two columns, that differ only in the sign of some numbers
share their work: the sum and the difference of two parts, or of two inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I64, call, instruction
from dltool.kernels.cpu.pointers import FLOATS
from dltool.kernels.cpu.vector import FMA, floats16, read, write
from dltool.kernels.records import LANES

_VECTOR = floats16.llvm


def make_transform(matrix: np.ndarray) -> Any:
    """transform(source, step, target, target_step): vectors `step` floats apart, times the matrix."""

    @instruction
    def transform(source, step, target, target_step):
        def emit(builder, args):
            source, step, target, target_step = args
            outputs = _product(builder, matrix, _spaced(builder, source, step, matrix.shape[1]))
            _write(builder, outputs, target, target_step)

        return types.void(FLOATS, types.int64, FLOATS, types.int64), emit

    return transform


def make_transform_of_rows(matrix: np.ndarray) -> Any:
    """transform(rows, place, target, target_step): a vector of each of some rows, at the same place, in floats."""

    @instruction
    def transform(rows, place, target, target_step):
        def emit(builder, args):
            rows, place, target, target_step = args
            inputs = [read(builder, builder.gep(pointer, [place])) for pointer in rows]
            _write(builder, _product(builder, matrix, inputs), target, target_step)

        return types.void(types.Tuple((FLOATS,) * matrix.shape[1]), types.int64, FLOATS, types.int64), emit

    return transform


def make_last_transform(matrix: np.ndarray) -> Any:
    """transform(source, step, target, target_step, bias, least): the same plus a vector, and nothing below `least`."""

    @instruction
    def transform(source, step, target, target_step, bias, least):
        def emit(builder, args):
            source, step, target, target_step, bias, least = args
            outputs = _product(builder, matrix, _spaced(builder, source, step, matrix.shape[1]))
            sums = [builder.fadd(output, bias) for output in outputs]
            floored = [builder.select(builder.fcmp_ordered("<", each, least), least, each) for each in sums]
            _write(builder, floored, target, target_step)

        return types.void(FLOATS, types.int64, FLOATS, types.int64, floats16, floats16), emit

    return transform


def _product(builder: Any, matrix: np.ndarray, inputs: Sequence[Any]) -> list[Any]:
    """The rows of the matrix times the inputs."""
    matrix, inputs = _pair_columns(builder, matrix, inputs)
    outputs: list[Any] = [None] * len(matrix)
    for i, row in enumerate(matrix):
        twin = next((j for j in range(i) if _are_twins(matrix[j], row)), None)
        if twin is None:
            outputs[i] = _sum(builder, row, inputs)
            continue
        same, turned = (_sum(builder, np.where(mask, matrix[twin], 0), inputs) for mask in _signs(matrix[twin], row))
        outputs[twin], outputs[i] = builder.fadd(same, turned), builder.fsub(same, turned)
    return outputs


def _pair_columns(builder: Any, matrix: np.ndarray, inputs: Sequence[Any]) -> tuple[np.ndarray, list[Any]]:
    """The same product with the sums and differences of inputs whose columns are twins."""
    matrix, inputs = matrix.copy(), list(inputs)
    if len(matrix) >= matrix.shape[1]:
        return matrix, inputs  # its rows are paired
    for j in range(1, matrix.shape[1]):
        one, other = matrix[:, j - 1].copy(), matrix[:, j].copy()
        if _are_twins(one, other):
            inputs[j - 1 : j + 1] = builder.fadd(*inputs[j - 1 : j + 1]), builder.fsub(*inputs[j - 1 : j + 1])
            same, turned = _signs(one, other)
            matrix[:, j - 1], matrix[:, j] = np.where(same, one, 0), np.where(turned, one, 0)
    return matrix, inputs


def _signs(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where two rows are equal, and where one is the negative of the other."""
    return np.isclose(one, other), np.isclose(one, -other) & (one != 0)


def _are_twins(one: np.ndarray, other: np.ndarray) -> bool:
    same, turned = _signs(one, other)
    return bool((same | turned).all() and turned.any() and (same & (one != 0)).any())


def _sum(builder: Any, row: np.ndarray, inputs: Sequence[Any]) -> Any:
    """Σ of the row's numbers times the inputs, those without a multiplication first."""
    total: Any = None
    for j in sorted(np.flatnonzero(row).tolist(), key=lambda j: abs(row[j]) != 1 or row[j] < 0):
        total = _add_product(builder, total, float(np.float32(row[j])), inputs[j])
    return total


def _add_product(builder: Any, total: Any, factor: float, x: Any) -> Any:
    if total is None and factor == 1:
        return x
    if total is not None and abs(factor) == 1:
        return builder.fadd(total, x) if factor > 0 else builder.fsub(total, x)
    number = ir.Constant(_VECTOR, [factor] * LANES)
    if total is None:
        return builder.fmul(number, x)
    return call(builder, FMA, _VECTOR, number, x, total)


def _spaced(builder: Any, source: Any, step: Any, count: int) -> list[Any]:
    places = [builder.mul(step, I64(i)) for i in range(count)]
    return [read(builder, builder.gep(source, [place])) for place in places]


def _write(builder: Any, outputs: Sequence[Any], target: Any, step: Any) -> None:
    for i, output in enumerate(outputs):
        place = builder.gep(target, [builder.mul(step, I64(i))])
        write(builder, output, place)
