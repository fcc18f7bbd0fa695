"""`dltool warmup`: compiles the kernels of all ops, so that no later training on this machine has to."""

from __future__ import annotations

import sys

import typer

from dltool.formatting import duration
from dltool.kernels.cpu import cache, library
from dltool.runtime.binding import all_kernels


def warmup() -> None:
    """Compile what is not in the cache yet, with a line for every tenth of it, or one that changes on a terminal."""
    kernels = all_kernels()
    missing = [kernel for kernel in kernels if cache.read(kernel) is None]
    if not missing:
        typer.echo(f"all {len(kernels)} kernels are compiled already")
        return
    seconds = library.prepare(missing, _Compiling())
    typer.echo(f"compiled {len(missing)} of {len(kernels)} kernels in {duration(seconds)}")


class _Compiling:
    """Shows the share that is done, in steps of a tenth, or on a terminal of a hundredth."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = -1

    def __call__(self, what: str, share: float | None) -> None:
        steps = 100 if self._live else 10
        reached = int((share or 0) * steps)
        if reached > self._shown:
            self._shown = reached
            line = f"compiling {what}: {share:.0%}"
            end = "" if reached < steps else "\r\x1b[2K"
            typer.echo(f"\r\x1b[2K{line}{end}" if self._live else line, nl=not self._live, err=True)
