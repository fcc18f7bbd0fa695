"""Values while a kernel is translated: computed ones, tuples of values, and Python's objects that are known already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.kernels.compiler import types
from dltool.kernels.compiler.arithmetic import cast, common
from dltool.kernels.compiler.types import Number, Pointer, Tuple, Type


@dataclass(frozen=True)
class Computed:
    """What LLVM code computes."""

    kind: Type
    llvm: Any


@dataclass(frozen=True)
class Group:
    """A tuple; only its items exist in LLVM code."""

    items: tuple[Value, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A number, a function or anything else that is known before the kernel runs."""

    object: Any


Value = Computed | Group | Known

_KINDS = {
    bool: types.boolean,
    int: types.int64,
    float: types.float64,
    np.uint32: types.uint32,
    np.uint64: types.uint64,
    np.int64: types.int64,
    np.float32: types.float32,
    np.float64: types.float64,
}


def number_type(python: Any) -> Type | None:
    """The type that numbers of a class of Python or NumPy have in kernels."""
    return _KINDS.get(python)


def computed(value: Value) -> Computed:
    """A single value; a known number becomes a constant."""
    if isinstance(value, Known):
        kind = number_type(type(value.object))
        if kind is None:
            raise TypeError(f"{value.object!r} is no value of a kernel")
        return Computed(kind, types.constant(kind, value.object))
    if isinstance(value, Group):
        raise TypeError("a tuple cannot stand here")
    return value


def as_argument(value: Value) -> Value:
    """A value as functions take it: known numbers are computed, so that one translation serves for all of them."""
    if isinstance(value, Group):
        return Group(tuple(map(as_argument, value.items)), value.names)
    if isinstance(value, Known) and number_type(type(value.object)):
        return computed(value)
    return value


def key(value: Value) -> Any:
    """What two values share that a function is translated for once."""
    if isinstance(value, Group):
        return (*map(key, value.items), value.names)
    return value.kind if isinstance(value, Computed) else value.object


def leaves(values: Iterable[Value]) -> Iterator[Computed]:
    """The computed values in some values, in order."""
    for value in values:
        if isinstance(value, Group):
            yield from leaves(value.items)
        elif isinstance(value, Computed):
            yield value


def replace_leaves(value: Value, llvm: Iterator[Any]) -> Value:
    """A value like another one, with other LLVM values at its leaves."""
    if isinstance(value, Group):
        return Group(tuple(replace_leaves(item, llvm) for item in value.items), value.names)
    return Computed(value.kind, next(llvm)) if isinstance(value, Computed) else value


def of_type(kind: Type, llvm: Any) -> Value:
    """The value that LLVM code gives as a type; a sequence of values for a tuple."""
    if isinstance(kind, Tuple):
        return Group(tuple(map(of_type, kind.items, llvm)), kind.names)
    return Known(None) if kind is types.void else Computed(kind, llvm)


def unflatten(kind: Type, llvm: Iterator[Any]) -> Value:
    """The value of a type that has these LLVM values at its leaves."""
    if isinstance(kind, Tuple):
        return Group(tuple(unflatten(item, llvm) for item in kind.items), kind.names)
    return Known(None) if kind is types.void else Computed(kind, next(llvm))


def type_of(value: Value) -> Type:
    """The type of a value; raises TypeError for known objects that are no numbers."""
    if isinstance(value, Group):
        return Tuple(tuple(map(type_of, value.items)), value.names)
    if isinstance(value, Known) and value.object is None:
        return types.void
    return computed(value).kind


def converted(builder: Any, value: Value, wanted: Type) -> Any:
    """A value as LLVM code of a type takes it; a list for a tuple."""
    if isinstance(wanted, Tuple):
        if not isinstance(value, Group) or len(value.items) != len(wanted.items):
            raise TypeError(f"a tuple of {len(wanted.items)} values is needed")
        return [converted(builder, *each) for each in zip(value.items, wanted.items, strict=True)]
    single = computed(value)
    if isinstance(wanted, Pointer) and single.kind != wanted:
        kind, pointer = single.kind.as_pointer(builder, single.llvm)
        if kind != wanted:
            raise TypeError(f"{single.kind} is no {wanted}")
        return pointer
    return cast(builder, single.llvm, single.kind, wanted)


def unified_type(values: Sequence[Value]) -> Type:
    """The one type of values that may be each other's alternatives."""
    kinds = [type_of(value) for value in values]
    result = kinds[0]
    for kind in kinds[1:]:
        result = unified(result, kind)
    return result


def unified(one: Type, other: Type) -> Type:
    """The type of what is of one type or of another."""
    if isinstance(one, Tuple) and isinstance(other, Tuple) and len(one.items) == len(other.items):
        return Tuple(tuple(map(unified, one.items, other.items)), one.names)
    return common(one, other)


def is_number(value: Value) -> bool:
    """Whether arithmetic is possible."""
    if isinstance(value, Known):
        return number_type(type(value.object)) is not None
    return isinstance(value, Computed) and isinstance(value.kind, Number)
