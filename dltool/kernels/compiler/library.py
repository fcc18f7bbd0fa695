"""Kernels as object files: a function is translated with all that it calls, optimized once, and written.

Functions are translated once for all kernels of a process that call them with the same types.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler.function import Function, Translation
from dltool.kernels.compiler.machine import emit
from dltool.kernels.compiler.types import Signature, Tuple, Type
from dltool.kernels.compiler.values import Computed, Known, Value, as_argument, key, leaves, replace_leaves, unflatten

_MODULE = ir.Module()
_translated: dict[Any, tuple[Function, Type]] = {}
_texts: dict[ir.Function, str] = {}


def object_file(function: FunctionType, signature: Signature, symbol: str) -> bytes:
    """Machine code for this processor of a function that is called by a symbol, with arguments as C passes them."""
    kinds = [each.llvm for each in signature.arguments]
    entry = Function(_MODULE, ir.FunctionType(ir.VoidType(), kinds), _MODULE.get_unique_name("entry"))
    arguments = [Computed(*each) for each in zip(signature.arguments, entry.args, strict=True)]
    Translation(entry, function, arguments, _call).translate()
    _texts[entry] = str(entry).replace(entry.get_reference(), f'@"{symbol}"', 1)
    return emit(_program(entry))


def _program(entry: Function) -> str:
    """A function and all that it calls, directly or not, as text."""
    found: dict[ir.Function, None] = {}
    waiting: list[ir.Function] = [entry]
    while waiting:
        function = waiting.pop()
        if function not in found:
            found[function] = None
            waiting += getattr(function, "calls", ())
    for function in found:
        if function not in _texts:
            _texts[function] = str(function)
    return "\n".join([*(_texts[function] for function in found), *map(str, _MODULE.metadata)])


def _call(builder: Any, function: FunctionType, positional: list[Value], named: dict[str, Value]) -> Value:
    """Call a function, which is translated first where these types are new to it."""
    values = [as_argument(value) for value in _bound(function, positional, named)]
    signature = function, *map(key, values)
    if signature not in _translated:
        _translated[signature] = _translate(function, values)
    target, result = _translated[signature]
    builder.function.calls[target] = None
    llvm = builder.call(target, [leaf.llvm for leaf in leaves(values)])
    parts = [llvm]
    if isinstance(result, Tuple):
        parts = [builder.extract_value(llvm, i) for i in range(len(llvm.type.elements))]
    return unflatten(result, iter(parts))


def _bound(function: FunctionType, positional: list[Value], named: dict[str, Value]) -> list[Value]:
    """The arguments in the order of the parameters."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    given: dict[str, Value] = {
        name: Known(value) for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=True)
    }
    given |= dict(zip(names, positional, strict=False)) | named
    if len(positional) > len(names) or set(given) != set(names):
        raise TypeError(f"{function.__name__} takes {', '.join(names)}")
    return [given[name] for name in names]


def _translate(function: FunctionType, values: Sequence[Value]) -> tuple[Function, Type]:
    kinds = [each.kind.llvm for each in leaves(values)]
    target = Function(_MODULE, ir.FunctionType(ir.VoidType(), kinds), _MODULE.get_unique_name(f"{function.__name__}."))
    target.linkage = "internal"
    target.attributes.add("alwaysinline")
    arguments = iter(target.args)
    result = Translation(target, function, [replace_leaves(value, arguments) for value in values], _call).translate()
    target.ftype = ir.FunctionType(result.llvm, kinds)
    target.type = target.ftype.as_pointer()
    target.return_value.type = result.llvm
    return target, result
