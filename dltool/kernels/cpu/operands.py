"""What a kernel receives in the place of each operand: where its buffer is, and how the values lie there.

    x.rows              stored rows of a block, the distance between blocks in vectors; 1 for a vector
    x.channels          size of the last axis
    x.blocks            blocks of 16 channels
    x.rows_per_sample   rows that one sample of an activation has
    x.is_chunk          1 for the gradient of a parameter whose buffer holds only the chunk at hand, else 0
    x[i]                an element of the buffer

An operand can stand wherever a pointer can. Its elements are float32 unless its annotation says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I64, instruction
from dltool.kernels.cpu.pointers import advance
from dltool.kernels.geometry import Geometry
from dltool.kernels.records import LANES, OPERAND_FIELDS

#: the fields of an operand behind its pointer, and which of them its attributes are
_FIELDS = ("rows", "channels", "extra", "blocks")
_ATTRIBUTES = {"rows": 1, "channels": 2, "rows_per_sample": 3, "is_chunk": 3, "blocks": 4}


class Operand:
    """What an operand is in the source of a kernel; its elements are float32."""

    element: Any = types.float32
    rows: int
    channels: int
    blocks: int
    rows_per_sample: int
    is_chunk: int

    def __getitem__(self, index: Any) -> Any:
        raise TypeError("operands exist in compiled kernels alone")

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError("operands exist in compiled kernels alone")


class Integers(Operand):
    """Operands of int64: labels and numbers of rows."""

    element = types.int64


class Codes(Operand):
    """Operands of int32: codes of categories."""

    element = types.int32


class Bytes(Operand):
    """Operands of uint8: pixels."""

    element = types.uint8


@dataclass(frozen=True)
class OperandType(types.Type):
    """An operand with elements of one type: values in registers, read from the record once."""

    element: Any

    @property
    def llvm(self) -> ir.Type:
        return ir.LiteralStructType([types.Pointer(self.element).llvm, *[I64] * len(_FIELDS)])

    def attribute(self, builder: Any, value: Any, name: str) -> tuple[types.Type, Any]:
        return types.int64, builder.extract_value(value, _ATTRIBUTES[name])

    def item(self, builder: Any, value: Any, index: Any) -> tuple[types.Type, Any]:
        return self.element, builder.load(builder.gep(builder.extract_value(value, 0), [index]))

    def as_pointer(self, builder: Any, value: Any) -> tuple[types.Pointer, Any]:
        return types.Pointer(self.element), builder.extract_value(value, 0)


@dataclass(frozen=True)
class OperandsType(types.Type):
    """Any number of operands: where their number stands in the record, with the operands behind it."""

    element: Any

    @property
    def llvm(self) -> ir.Type:
        return I64.as_pointer()

    def item(self, builder: Any, value: Any, index: Any) -> tuple[types.Type, Any]:
        kind = OperandType(self.element)
        return kind, _operand(builder, kind, value, builder.add(builder.mul(index, I64(OPERAND_FIELDS)), I64(1)))

    def length(self, builder: Any, value: Any) -> Any:
        return builder.load(value)


def _operand(builder: Any, kind: OperandType, record: Any, place: Any) -> Any:
    address, rows, channels, extra = _integers(builder, record, place, OPERAND_FIELDS)
    data = builder.inttoptr(address, types.Pointer(kind.element).llvm)
    rest, shift = I64(LANES - 1), I64(LANES.bit_length() - 1)
    blocks = builder.ashr(builder.add(channels, rest), shift)
    value = ir.Constant(kind.llvm, ir.Undefined)
    for i, part in enumerate((data, rows, channels, extra, blocks)):
        value = builder.insert_value(value, part, i)
    return value


@cache
def readers(element: Any) -> tuple[Any, Any]:
    """operand(record, place) and operands(record, place): what stands at a place of a record."""
    one, many = OperandType(element), OperandsType(element)

    @instruction
    def operand(record: Any, place: Any):
        def emit(builder: Any, args: Any) -> Any:
            record, place = args
            return _operand(builder, one, record, place)

        return one(record, types.int64), emit

    @instruction
    def operands(record: Any, place: Any):
        return many(record, types.int64), lambda builder, args: builder.gep(args[0], [args[1]])

    return operand, operands


@instruction
def read_geometry(record: Any, place: Any):
    """The geometry at a place of a record."""
    count = len(Geometry._fields)
    kind = types.Tuple((types.int64,) * count, Geometry._fields)
    return kind(record, types.int64), lambda builder, args: _integers(builder, args[0], args[1], count)


def _integers(builder: Any, record: Any, place: Any, count: int) -> list[Any]:
    """`count` integers of a record, in the order of records.ADDRESS, …, EXTRA where they are an operand."""
    places = [builder.add(place, I64(i)) for i in range(count)]
    return [builder.load(builder.gep(record, [each])) for each in places]


def chunk(gradient, low):
    """The pointer that numbers of vectors index, whether the buffer is whole or begins with vector `low`."""
    return advance(gradient, -low * gradient.is_chunk * LANES)
