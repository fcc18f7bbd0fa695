"""Declaring cpu kernels, compiling them on first use, and finding their addresses.

A kernel is a plain function until a program needs it; then it is compiled for this machine, or read from the cache,
and known by its address from there on. Kernels are compiled, never models.
"""

from __future__ import annotations

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from numba import cfunc, types

from dltool.errors import RunError, did_you_mean
from dltool.kernels.cpu import cache

INTEGERS = types.CPointer(types.int64)
FLOATS = types.CPointer(types.float32)

#: (arguments, step, low, high)
KERNEL = types.void(INTEGERS, INTEGERS, types.int64, types.int64)
#: (first operand, second operand, output, vectors, two numbers): elementwise over contiguous vectors
SPAN = types.void(FLOATS, FLOATS, FLOATS, types.int64, types.float32, types.float32)
#: (table, thread, first step, last step): the loop that runs kernels
ENTRY = types.void(INTEGERS, types.int64, types.int64, types.int64)


@dataclass
class Kernel:
    """A kernel's source, and its machine code once it was needed."""

    function: Callable[..., None]
    signature: Any
    compiled: Any = None

    @property
    def address(self) -> int:
        """Where the machine code starts; compiles or loads it on first use."""
        if self.compiled is None:
            cache.prepare()
            self.compiled = cfunc(self.signature, cache=True, error_model="numpy")(self.function)
        return self.compiled.address

    @property
    def was_cached(self) -> bool:
        """Whether the machine code came from the cache."""
        return self.compiled is not None and self.compiled.cache_hits > 0


_kernels: dict[str, Kernel] = {}
_spans: dict[str, Kernel] = {}
_entries: dict[str, Kernel] = {}


def kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Declare a kernel under its function's name."""
    _kernels[function.__name__] = Kernel(function, KERNEL)
    return function


def span(function: Callable[..., None]) -> Callable[..., None]:
    """Declare an elementwise kernel over contiguous vectors, usable alone or as the epilogue of a product."""
    _spans[function.__name__] = Kernel(function, SPAN)
    return function


def entry(function: Callable[..., None]) -> Callable[..., None]:
    """Declare the loop that Python calls."""
    _entries[function.__name__] = Kernel(function, ENTRY)
    return function


def _import_all() -> None:
    package = importlib.import_module("dltool.kernels.cpu")
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)


def find(name: str) -> Kernel:
    """The kernel or span function of an op; a missing one is an error that names it."""
    if not _kernels:
        _import_all()
    found = _kernels.get(name) or _spans.get(name) or _entries.get(name)
    if found is None:
        raise RunError(f"op '{name}' has no cpu kernel; {did_you_mean(name, [*_kernels, *_spans])}")
    return found


def compile_all(names: Iterable[str], on_compile: Callable[[str], None] | None = None) -> float:
    """Make kernels ready and return the seconds spent on those that were not cached."""
    seconds = 0.0
    for name in names:
        entry = find(name)
        if entry.compiled is None and on_compile and not cache.has(entry.function):
            on_compile(name)
        started = time.perf_counter()
        _ = entry.address
        if not entry.was_cached:
            seconds += time.perf_counter() - started
    return seconds
