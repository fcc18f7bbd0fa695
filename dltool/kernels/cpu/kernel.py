"""Declaring cpu kernels, and compiling them to machine code that needs no Python.

A kernel is a plain function until a program needs it, and is compiled once for all networks. Its parameters say by name
what it is given: operands and attributes of its op, and of the following what it needs.

    geometry         where windows lie, for ops that have such
    epilogue         what a product still does to its rows (`dltool.kernels.cpu.epilogue`)
    tiles            the address of its tile function
    other_tiles      that of the second one, for kernels that call two
    workspace        a pointer to memory of its thread (`dltool.kernels.cpu.workspace`)
    step, low, high  the record of the running step, and the share of the work (`dltool.kernels.records`)
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from dltool.errors import RunError, did_you_mean
from dltool.kernels.compiler import types
from dltool.kernels.compiler.library import object_file
from dltool.kernels.compiler.source import function_of
from dltool.kernels.cpu.calls import ELEMENTWISE, LANE_TILE, TILE
from dltool.kernels.cpu.operands import Bytes, Codes, Integers, Operand, read_geometry, readers
from dltool.kernels.cpu.pointers import INTEGERS, advance, bits_as_number, float_pointer
from dltool.kernels.records import OTHER_TILES, TILES, WORKSPACE, Kernel, Record

#: (record, step, low, high)
KERNEL = types.void(INTEGERS, INTEGERS, types.int64, types.int64)
#: (table, thread, first step, last step): the loop that runs kernels
ENTRY = types.void(INTEGERS, types.int64, types.int64, types.int64)

_declared: dict[str, tuple[FunctionType, types.Signature]] = {}


def _declares(signature: types.Signature) -> Callable[[Any], Any]:
    """A decorator that declares a function, under its name, to be called with what a signature says."""

    def declare(function: FunctionType) -> FunctionType:
        _declared[function.__name__] = (function, signature)
        return function

    return declare


kernel = _declares(KERNEL)
#: an elementwise kernel over contiguous vectors, usable alone or as the epilogue of a product
elementwise = _declares(ELEMENTWISE)
#: a piece of a product, which kernels call by its address: large code that is compiled once for all
tile = _declares(TILE)
#: the same for a convolution that keeps channels apart
lane_tile = _declares(LANE_TILE)
#: the loop that Python calls
entry = _declares(ENTRY)


def declared() -> dict[str, tuple[FunctionType, types.Signature]]:
    """Every kernel's source and signature, by name."""
    package = importlib.import_module("dltool.kernels.cpu")
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return _declared


def compile_kernel(kernel: Kernel) -> bytes:
    """The object file of a kernel, under its symbol; a missing one is an error that names it."""
    kernels = declared()
    if kernel.name not in kernels:
        raise RunError(f"op '{kernel.name}' has no cpu kernel; {did_you_mean(kernel.name, kernels)}")
    function, signature = kernels[kernel.name]
    if kernel.record:
        function = _by_name(function, kernel.record)
    return object_file(function, signature, kernel.symbol)


def _by_name(function: FunctionType, record: Record) -> FunctionType:
    """A kernel that reads out of its record what the parameters of `function` name, and calls it with that."""
    scope: dict[str, Any] = {
        "function": function,
        "advance": advance,
        "bits_as_number": bits_as_number,
        "float_pointer": float_pointer,
        "read_geometry": read_geometry,
    }
    arguments = ", ".join(_arguments(function, record, scope))
    return function_of(f"def {function.__name__}(record, step, low, high):\n    function({arguments})\n", scope)


def _arguments(function: FunctionType, record: Record, scope: dict[str, Any]) -> Iterator[str]:
    elements = {kind.__name__: kind.element for kind in (Integers, Codes, Bytes)}
    for name, parameter in inspect.signature(function).parameters.items():
        place = record.places.get(name)
        if name in ("step", "low", "high"):
            yield name
        elif name == "workspace":
            yield f"float_pointer(record[{WORKSPACE}])"
        elif name in ("tiles", "other_tiles"):
            yield f"record[{TILES if name == 'tiles' else OTHER_TILES}]"
        elif place is None:
            raise RunError(f"kernel '{function.__name__}' asks for '{name}', which its op does not have")
        elif name == "geometry":
            yield f"read_geometry(record, {place})"
        elif name == "epilogue":
            yield f"advance(record, {place})"
        elif name in record.names:
            element = elements.get(parameter.annotation, Operand.element)
            scope[f"read_{name}"] = readers(element)[name == record.starred]
            yield f"read_{name}(record, {place})"
        elif isinstance(record.attributes[name], tuple):
            yield f"advance(record, record[{place}])"
        elif isinstance(record.attributes[name], float):
            yield f"bits_as_number(record[{place}])"
        else:
            yield f"record[{place}]"
