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

import operator
from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_global, signature
from numba.extending import infer_getattr, lower_builtin, lower_cast, lower_getattr_generic, models, register_model

from dltool.kernels.cpu.pointers import advance
from dltool.kernels.cpu.vector import inlined, instruction
from dltool.kernels.geometry import Geometry
from dltool.kernels.records import LANES, OPERAND_FIELDS

_I64 = ir.IntType(64)
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


class OperandType(types.Type):
    """An operand with elements of one type."""

    def __init__(self, element: Any):
        self.dtype = element
        super().__init__(name=f"Operand({element})")

    def can_convert_to(self, typingctx: Any, other: Any) -> Any:
        return typingctx.can_convert(types.CPointer(self.dtype), other)


@register_model(OperandType)
class OperandModel(models.StructModel):
    """Values in registers, read from the record once."""

    def __init__(self, manager: Any, fe_type: OperandType):
        integers = [(name, types.int64) for name in _FIELDS]
        super().__init__(manager, fe_type, [("data", types.CPointer(fe_type.dtype)), *integers])


@infer_getattr
class _OperandAttributes(AttributeTemplate):
    key = OperandType

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return types.int64 if attr in _ATTRIBUTES else None


@lower_getattr_generic(OperandType)
def _get_attribute(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    return builder.extract_value(value, _ATTRIBUTES[attr])


@lower_cast(OperandType, types.CPointer)
def _as_pointer(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return builder.extract_value(value, 0)


class OperandsType(types.Type):
    """Any number of operands: their number is `len`, each is one by its index."""

    def __init__(self, element: Any):
        self.dtype = element
        super().__init__(name=f"Operands({element})")


@register_model(OperandsType)
class OperandsModel(models.PrimitiveModel):
    """Where their number stands in the record, with the operands behind it."""

    def __init__(self, manager: Any, fe_type: OperandsType):
        super().__init__(manager, fe_type, _I64.as_pointer())


_infer: Any = infer_global


@_infer(operator.getitem)
class _GetElement(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        x, _ = args
        if isinstance(x, OperandType):
            return signature(x.dtype, x, types.int64)
        return signature(OperandType(x.dtype), x, types.int64) if isinstance(x, OperandsType) else None


@_infer(operator.setitem)
class _SetElement(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        x, _, _ = args
        return signature(types.none, x, types.int64, x.dtype) if isinstance(x, OperandType) else None


@_infer(len)
class _Count(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        (x,) = args
        return signature(types.int64, x) if isinstance(x, OperandsType) else None


@lower_builtin(operator.getitem, OperandType, types.Integer)
def _get_element(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    x, index = args
    return builder.load(builder.gep(builder.extract_value(x, 0), [index]))


@lower_builtin(operator.setitem, OperandType, types.Integer, types.Any)
def _set_element(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    x, index, value = args
    builder.store(value, builder.gep(builder.extract_value(x, 0), [index]))
    return context.get_dummy_value()


@lower_builtin(operator.getitem, OperandsType, types.Integer)
def _get_operand(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    x, index = args
    place = builder.add(builder.mul(index, ir.Constant(_I64, OPERAND_FIELDS)), ir.Constant(_I64, 1))
    return _operand(context, builder, sig.return_type, x, place)


@lower_builtin(len, OperandsType)
def _count(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(args[0])


def _operand(context: Any, builder: Any, kind: OperandType, record: Any, place: Any) -> Any:
    address, rows, channels, extra = _integers(builder, record, place, OPERAND_FIELDS)
    data = builder.inttoptr(address, context.get_value_type(types.CPointer(kind.dtype)))
    rest, shift = ir.Constant(_I64, LANES - 1), ir.Constant(_I64, LANES.bit_length() - 1)
    blocks = builder.ashr(builder.add(channels, rest), shift)
    value = ir.Constant(context.get_value_type(kind), ir.Undefined)
    for i, part in enumerate((data, rows, channels, extra, blocks)):
        value = builder.insert_value(value, part, i)
    return value


@cache
def readers(element: Any) -> tuple[Any, Any]:
    """operand(record, place) and operands(record, place): what stands at a place of a record."""
    one, many = OperandType(element), OperandsType(element)

    @instruction
    def operand(typing: Any, record: Any, place: Any):
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            record, place = args
            return _operand(context, builder, one, record, place)

        return one(record, types.int64), emit

    @instruction
    def operands(typing: Any, record: Any, place: Any):
        return many(record, types.int64), lambda context, builder, sig, args: builder.gep(args[0], [args[1]])

    return operand, operands


@instruction
def read_geometry(typing: Any, record: Any, place: Any):
    """The geometry at a place of a record."""
    count = len(Geometry._fields)
    kind = types.NamedUniTuple(types.int64, count, Geometry)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        record, place = args
        return context.make_tuple(builder, kind, _integers(builder, record, place, count))

    return kind(record, types.int64), emit


def _integers(builder: Any, record: Any, place: Any, count: int) -> list[Any]:
    """`count` integers of a record, in the order of records.ADDRESS, …, EXTRA where they are an operand."""
    places = [builder.add(place, ir.Constant(_I64, i)) for i in range(count)]
    return [builder.load(builder.gep(record, [each])) for each in places]


@inlined
def chunk(gradient, low):
    """The pointer that numbers of vectors index, whether the buffer is whole or begins with vector `low`."""
    return advance(gradient, -low * gradient.is_chunk * LANES)


@instruction
def as_bytes(typing: Any, x: Any):
    """The buffer of an operand as bytes, where an attribute rather than the op says what it holds."""
    kind = types.CPointer(types.uint8)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(kind))

    return kind(types.CPointer(x.dtype)), emit
