"""Compiles traced functions, or takes from disk what was compiled before."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from dltool.runtime.device import LOADED, PROGRAM
from dltool.runtime.xla import kept
from dltool.runtime.xla.devices import Devices, explained


@dataclass(frozen=True)
class Source:
    """What a program is compiled from."""

    made_of: str  # everything that decides about it, apart from devices and versions
    lower: Callable[[], Any]  # traces it


class Compiler:
    """Compiles functions, several at a time."""

    def __init__(self, devices: Devices, on_compile: Callable[[str, float | None], None] | None):
        self._devices, self._on_compile = devices, on_compile or (lambda what, share: None)
        self.seconds = 0.0

    def compile(self, sources: Sequence[Source], hint: Callable[[], str] = lambda: "") -> list[Any]:
        """The compiled functions; `hint` says what would fit where the memory of the device does not suffice."""
        if not sources:
            return []
        started = time.perf_counter()
        with explained(self._devices, hint), ThreadPoolExecutor(len(sources)) as pool:
            found = list(pool.map(self._kept, sources))
            missing = [i for i, program in enumerate(found) if program is None]
            self._on_compile(PROGRAM if missing else LOADED, None)
            # one is traced while those before are compiled
            begun = {i: pool.submit(self._compiled, sources[i], sources[i].lower()) for i in missing}
            programs = [begun[i].result() if i in begun else program for i, program in enumerate(found)]
        self.seconds += time.perf_counter() - started
        return programs

    def _kept(self, source: Source) -> Any | None:
        """A program from disk: joined ranks have none there, as all must run the same one, and compile it together."""
        return None if self._devices.joined else kept.read(source.made_of, self._devices)

    def _compiled(self, source: Source, lowered: Any) -> Any:
        program = lowered.compile(compiler_options=self._devices.compiler_options)
        if not self._devices.joined:
            kept.write(source.made_of, self._devices, program)
        return program
