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
from dltool.kernels.records import Kernel

_addresses: dict[Kernel, int] = {}

_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def address(kernel: Kernel) -> int:
    """Where the machine code of a kernel starts; it is loaded, or compiled, on first use."""
    if kernel not in _addresses:
        symbol, machine_code = files.read(kernel) or _compile(kernel)
        engine = _engine()
        engine.add_object_file(binding.ObjectFileRef.from_data(machine_code))
        engine.finalize_object()
        _addresses[kernel] = engine.get_function_address(symbol)
    return _addresses[kernel]


def function(kernel: Kernel) -> Callable[[int, int | None, int, int], None]:
    """A kernel that Python calls with addresses of a record, of a step, low, high; other threads go on meanwhile."""
    return _KERNEL(address(kernel))


def prepare(kernels: Iterable[Kernel], on_compile: Callable[[str], None] | None = None) -> float:
    """Make kernels ready, and return the seconds spent on compiling; `on_compile` is called with each name before."""
    seconds = 0.0
    for kernel in kernels:
        if kernel not in _addresses and files.read(kernel) is None:
            if on_compile:
                on_compile(kernel.name)
            started = time.perf_counter()
            _compile(kernel)
            seconds += time.perf_counter() - started
        address(kernel)
    return seconds


def _compile(kernel: Kernel) -> tuple[str, bytes]:
    from dltool.kernels.cpu.kernel import compile_kernel

    symbol, machine_code = compile_kernel(kernel)
    files.write(kernel, symbol, machine_code)
    return symbol, machine_code


@cache
def _engine() -> Any:
    """LLVM's loader of object files for this machine."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
