"""The types of values in kernels, each with what LLVM calls it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llvmlite import ir


class Type:
    """A type; called with the types of arguments it is the signature of an instruction with this result.

    What can be done with its values beyond passing them on stands in its methods.
    """

    #: operators between two values: the type of the result, and LLVM code of (builder, one, other)
    operators: dict[type[ast.AST], tuple[Type, Callable[..., Any]]] = {}  # noqa: RUF012

    @property
    def llvm(self) -> ir.Type:
        """What LLVM calls it."""
        raise NotImplementedError

    def __call__(self, *arguments: Type) -> Signature:
        return Signature(self, arguments)

    def attribute(self, builder: Any, value: Any, name: str) -> tuple[Type, Any]:
        """value.name."""
        raise TypeError(f"{self} has no '{name}'")

    def item(self, builder: Any, value: Any, index: Any) -> tuple[Type, Any]:
        """value[index], with an index of 64 bits."""
        raise TypeError(f"{self} has no items")

    def length(self, builder: Any, value: Any) -> Any:
        """len(value)."""
        raise TypeError(f"{self} has no length")

    def as_pointer(self, builder: Any, value: Any) -> tuple[Pointer, Any]:
        """The pointer that a value is, or has."""
        raise TypeError(f"{self} is no pointer")


@dataclass(frozen=True)
class Signature:
    """What an instruction or a function takes and gives."""

    result: Type
    arguments: tuple[Type, ...]


class _Void(Type):
    @property
    def llvm(self) -> ir.Type:
        return ir.VoidType()

    def __repr__(self) -> str:
        return "void"


@dataclass(frozen=True)
class Integer(Type):
    """An integer of some bits; of one bit, it is the answer to a question."""

    bits: int
    signed: bool = True

    @property
    def llvm(self) -> ir.Type:
        return ir.IntType(self.bits)

    def __repr__(self) -> str:
        return f"{'' if self.signed else 'u'}int{self.bits}"


@dataclass(frozen=True)
class Float(Type):
    """A floating-point number of 32 or 64 bits."""

    bits: int

    @property
    def llvm(self) -> ir.Type:
        return ir.FloatType() if self.bits == 32 else ir.DoubleType()

    def __repr__(self) -> str:
        return f"float{self.bits}"


@dataclass(frozen=True)
class Pointer(Type):
    """Where elements of one type lie."""

    element: Type

    @property
    def llvm(self) -> ir.Type:
        return self.element.llvm.as_pointer()

    def item(self, builder: Any, value: Any, index: Any) -> tuple[Type, Any]:
        return self.element, builder.load(builder.gep(value, [index]))

    def as_pointer(self, builder: Any, value: Any) -> tuple[Pointer, Any]:
        return self, value

    def __repr__(self) -> str:
        return f"pointer to {self.element}"


@dataclass(frozen=True)
class Tuple(Type):
    """Some values; with names, they are attributes."""

    items: tuple[Type, ...]
    names: tuple[str, ...] = ()

    @property
    def llvm(self) -> ir.Type:
        return ir.LiteralStructType(list(self._leaves()))

    def _leaves(self) -> Iterator[ir.Type]:
        for item in self.items:
            if isinstance(item, Tuple):
                yield from item._leaves()
            else:
                yield item.llvm


void = _Void()
boolean = Integer(1, signed=False)
uint8, uint32, uint64 = (Integer(bits, signed=False) for bits in (8, 32, 64))
int32, int64 = Integer(32), Integer(64)
float32, float64 = Float(32), Float(64)

Number = Integer | Float


def constant(kind: Any, number: float) -> ir.Constant:
    """A number as LLVM's constant of a type."""
    return ir.Constant(kind.llvm, float(number) if isinstance(kind, Float) else int(number))
