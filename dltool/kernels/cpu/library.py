"""Machine code by name: from the cache, by LLVM's loader alone, or compiled first, by a process of its own.

No process that trains or predicts imports the compiler, unless one that compiles for it has died.
"""

from __future__ import annotations

import atexit
import ctypes
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from llvmlite import binding

from dltool.formatting import plural
from dltool.kernels.cpu import cache as files
from dltool.kernels.cpu.workspace import SPACES
from dltool.kernels.records import Kernel

if TYPE_CHECKING:
    from dltool.kernels.cpu.compiler_process import CompilerProcess

#: the loop over steps, which every network needs
RUN_STEPS = Kernel("run_steps")

_addresses: dict[Kernel, int] = {}
#: held by the thread that loads or compiles: LLVM's loader is for one at a time
_loading = threading.RLock()
_waiting: list[CompilerProcess] = []  # at most one, which was started before the kernels were known

_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def address(kernel: Kernel) -> int:
    """Where the machine code of a kernel starts; it is loaded, or compiled, on first use."""
    with _loading:
        if kernel not in _addresses:
            _load(kernel, files.read(kernel) or _compile(kernel))
        return _addresses[kernel]


def function(kernel: Kernel) -> Callable[[int, int | None, int, int], None]:
    """A kernel that Python calls with addresses of a record, of a step, low, high; other threads go on meanwhile."""
    return _KERNEL(address(kernel))


def expect() -> None:
    """Kernels will be needed soon: if this machine has compiled none yet, ready the process that does."""
    if not _waiting and RUN_STEPS not in _addresses and files.read(RUN_STEPS) is None:
        with suppress(OSError):  # no process can be started: `prepare` tells
            _waiting.append(_start(RUN_STEPS))


def prepare(kernels: Iterable[Kernel], on_compile: Callable[[str, float | None], None] | None = None) -> float:
    """Make kernels ready, and return the seconds spent on compiling.

    `on_compile` is called with what is compiled and the share that is done: before the first kernel, and after each.
    """
    with _loading:
        return _prepare(list(dict.fromkeys(kernels)), on_compile)


def _prepare(kernels: Sequence[Kernel], on_compile: Callable[[str, float | None], None] | None) -> float:
    missing = [kernel for kernel in kernels if kernel not in _addresses and files.read(kernel) is None]
    missing.sort(key=_is_small)
    started = time.perf_counter()
    if missing:
        _compile_together(missing, on_compile or (lambda what, share: None))
    seconds = time.perf_counter() - started if missing else 0.0
    end_waiting()
    for kernel in kernels:
        address(kernel)
    return seconds


@atexit.register
def end_waiting() -> None:
    """End the process that was readied, if it was not needed."""
    while _waiting:
        _waiting.pop().close()


def _is_small(kernel: Kernel) -> bool:
    """Whether it is compiled after the large ones, so that none of these is left for one processor at the end."""
    return kernel.name not in SPACES


def _start(first: Kernel) -> CompilerProcess:
    from dltool.kernels.cpu.compiler_process import CompilerProcess

    return CompilerProcess(first)


def _compile_together(kernels: Sequence[Kernel], on_compile: Callable[[str, float | None], None]) -> None:
    what = plural(len(kernels), "kernel")
    on_compile(what, 0.0)
    done = 0
    try:
        with closing(_waiting.pop() if _waiting else _start(kernels[0])) as process:
            for kernel, machine_code in process.compile(kernels):
                files.write(kernel, machine_code)
                _load(kernel, machine_code)
                done += kernel in kernels
                on_compile(what, done / len(kernels))
    except (EOFError, OSError) as error:
        why = getattr(error, "strerror", None) or "killed; is there enough memory?"
        warnings.warn(f"the process that compiles kernels has failed ({why}); this one goes on alone", stacklevel=3)


def _compile(kernel: Kernel) -> bytes:
    """The object file of a kernel, made in this process."""
    from dltool.kernels.cpu.kernel import compile_kernel

    machine_code = compile_kernel(kernel)
    files.write(kernel, machine_code)
    return machine_code


def _load(kernel: Kernel, machine_code: bytes) -> None:
    engine = _engine()
    engine.add_object_file(binding.ObjectFileRef.from_data(machine_code))
    engine.finalize_object()
    _addresses[kernel] = engine.get_function_address(kernel.symbol)


@cache
def _engine() -> Any:
    """LLVM's loader of object files for this machine."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
