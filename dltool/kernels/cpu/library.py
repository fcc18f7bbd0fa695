"""Machine code by name: from the cache, by LLVM's loader alone, or compiled first, which imports Numba.

A run whose kernels are all cached never imports Numba.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from llvmlite import binding

from dltool.kernels.cpu import cache as files

_addresses: dict[str, int] = {}

_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def address(name: str) -> int:
    """Where the machine code of a kernel starts; it is loaded, or compiled, on first use."""
    if name not in _addresses:
        symbol, machine_code = files.read(name) or _compile(name)
        engine = _engine()
        engine.add_object_file(binding.ObjectFileRef.from_data(machine_code))
        engine.finalize_object()
        _addresses[name] = engine.get_function_address(symbol)
    return _addresses[name]


def function(name: str) -> Callable[[int, int | None, int, int], None]:
    """A kernel that Python calls with addresses of arguments, of a step, low, high; other threads go on meanwhile."""
    return _KERNEL(address(name))


def prepare(names: Iterable[str], on_compile: Callable[[str], None] | None = None) -> float:
    """Make kernels ready, and return the seconds spent on compiling; `on_compile` is told each one's name before."""
    seconds = 0.0
    for name in names:
        if name not in _addresses and files.read(name) is None:
            if on_compile:
                on_compile(name)
            started = time.perf_counter()
            _compile(name)
            seconds += time.perf_counter() - started
        address(name)
    return seconds


def _compile(name: str) -> tuple[str, bytes]:
    from dltool.kernels.cpu.kernel import compile_kernel

    symbol, machine_code = compile_kernel(name)
    files.write(name, symbol, machine_code)
    return symbol, machine_code


@cache
def _engine() -> Any:
    """LLVM's loader of object files for this machine."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
