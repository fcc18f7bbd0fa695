"""A function of kernels as one that tests can call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import FunctionType
from typing import Any

from llvmlite import binding

from dltool.kernels.compiler import types
from dltool.kernels.compiler.library import object_file
from dltool.kernels.compiler.types import Type

_KINDS = {types.int64: ctypes.c_int64, types.float32: ctypes.c_float, types.float64: ctypes.c_double}


def compiled(function: FunctionType, *arguments: Type) -> Callable[..., None]:
    """The machine code of a function of numbers; pointers come as integers."""
    code = object_file(function, types.void(*arguments), function.__name__)
    machine = binding.Target.from_default_triple().create_target_machine()
    engine: Any = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    bound = ctypes.CFUNCTYPE(None, *(_KINDS[kind] for kind in arguments))(
        engine.get_function_address(function.__name__)
    )
    return lambda *values, engine=engine: bound(*values)  # as long as its code lives
