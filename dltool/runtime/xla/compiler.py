"""Compiles the traced steps of graphs; what was compiled before comes from the cache."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
from jax import lax

from dltool.kernels.xla.gpu import traced_for
from dltool.runtime.device import LOADED, PROGRAM
from dltool.runtime.xla.devices import PRECISIONS, Devices, explained
from dltool.runtime.xla.tracing import Shape, Traced, stretch

#: JAX's event of a program that its cache had
HIT = "/jax/compilation_cache/cache_hits"


class Compiler:
    """Compiles functions, several at a time."""

    def __init__(self, devices: Devices, on_compile: Callable[[str, float | None], None] | None):
        self._devices, self._on_compile = devices, on_compile or (lambda what, share: None)
        self.seconds = 0.0
        self._hits = 0
        jax.monitoring.register_event_listener(self._count)

    def _count(self, event: str, **_: Any) -> None:
        self._hits += event == HIT

    def compile(
        self, wanted: Sequence[tuple[Traced, Shape, tuple[Any, ...]]], hint: Callable[[], str] = lambda: ""
    ) -> list[Any]:
        """The compiled functions of graphs for shapes, called with arguments like those given, or of their shapes.

        `hint` says what would fit where the memory of the device does not suffice.
        """
        if not wanted:
            return []
        self._on_compile(PROGRAM, None)
        started, hits = time.perf_counter(), self._hits
        options = self._devices.compiler_options
        with explained(self._devices, hint), ThreadPoolExecutor(len(wanted)) as pool:
            # one is traced while those before are compiled
            begun = [pool.submit(self._lowered(*one).compile, compiler_options=options) for one in wanted]
            compiled = [one.result() for one in begun]
        self.seconds += time.perf_counter() - started
        if self._hits - hits >= len(wanted):
            self._on_compile(LOADED, None)
        return compiled

    def _lowered(self, traced: Traced, shape: Shape, arguments: tuple[Any, ...]) -> Any:
        devices = self._devices
        by_rows, everywhere = devices.by_rows(shape.rows), devices.everywhere(shape.rows)
        function = jax.jit(
            stretch(
                traced,
                shape,
                lambda array: lax.with_sharding_constraint(array, by_rows),
                unrolled=devices.unrolled(traced.ops, shape.lines),
            ),
            donate_argnums=0,
            in_shardings=everywhere,
            out_shardings=(everywhere, None),
        )
        with jax.default_matmul_precision(PRECISIONS[devices.precision]), traced_for(len(devices.every)):
            return function.lower(*arguments)
