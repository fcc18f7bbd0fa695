"""Declaring cpu kernels, and compiling them to machine code that needs neither Python nor Numba.

A kernel is a plain function until a program needs it. Kernels are compiled, never models.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from numba import cfunc, types

from dltool.errors import RunError, did_you_mean

INTEGERS = types.CPointer(types.int64)
FLOATS = types.CPointer(types.float32)

#: (arguments, step, low, high)
KERNEL = types.void(INTEGERS, INTEGERS, types.int64, types.int64)
#: (first operand, second operand, output, vectors, two numbers): elementwise over contiguous vectors
SPAN = types.void(FLOATS, FLOATS, FLOATS, types.int64, types.float32, types.float32)
#: (rows, taps, table of taps, one operand, distance of its terms, other operand, start of the rows, its distance,
#: output, least): up to so many rows of a convolution
TILE = types.void(
    types.int64, types.int64, INTEGERS, FLOATS, types.int64, FLOATS, FLOATS, types.int64, FLOATS, types.float32
)
#: (case, lines, terms, strides, one operand, other operand, start, output, least): some rows of a depthwise convolution
LANE_TILE = types.void(types.int64, types.int64, types.int64, INTEGERS, FLOATS, FLOATS, FLOATS, FLOATS, types.float32)
#: (table, thread, first step, last step): the loop that runs kernels
ENTRY = types.void(INTEGERS, types.int64, types.int64, types.int64)

Function = Callable[..., None]

_declared: dict[str, tuple[Function, Any]] = {}


def kernel(function: Function) -> Function:
    """Declare a kernel under its function's name."""
    _declared[function.__name__] = (function, KERNEL)
    return function


def span(function: Function) -> Function:
    """Declare an elementwise kernel over contiguous vectors, usable alone or as the epilogue of a product."""
    _declared[function.__name__] = (function, SPAN)
    return function


def tile(function: Function) -> Function:
    """Declare rows of a convolution, which kernels call by their address: large code that is compiled once for all."""
    _declared[function.__name__] = (function, TILE)
    return function


def lane_tile(function: Function) -> Function:
    """The same for a convolution that keeps channels apart."""
    _declared[function.__name__] = (function, LANE_TILE)
    return function


def entry(function: Function) -> Function:
    """Declare the loop that Python calls."""
    _declared[function.__name__] = (function, ENTRY)
    return function


def declared() -> dict[str, tuple[Function, Any]]:
    """Every kernel's source and signature, by name."""
    package = importlib.import_module("dltool.kernels.cpu")
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
    return _declared


def compile_kernel(name: str) -> tuple[str, bytes]:
    """The symbol and the object file of a kernel; a missing kernel is an error that names it."""
    kernels = declared()
    if name not in kernels:
        raise RunError(f"op '{name}' has no cpu kernel; {did_you_mean(name, kernels)}")
    function, signature = kernels[name]
    compiled: Any = cfunc(signature, error_model="numpy", forceinline=True)(function)
    _, _, (machine_code, _) = compiled._library.serialize_using_object_code()
    return compiled._wrapper_name, machine_code
