"""`dltool warmup`: compiles the kernels of all ops, so that no later training on this machine has to."""

from __future__ import annotations

import sys
import time

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
    started, live = time.monotonic(), sys.stderr.isatty()
    for done, kernel in enumerate(missing):
        if live:
            sys.stderr.write(f"\r\x1b[2Kcompiling {done + 1} of {len(missing)}: {kernel.name}")
            sys.stderr.flush()
        elif done % max(1, len(missing) // 10) == 0:
            typer.echo(f"compiling {done + 1} of {len(missing)} …", err=True)
        library.prepare([kernel])
    if live:
        sys.stderr.write("\r\x1b[2K")
    typer.echo(f"compiled {len(missing)} of {len(kernels)} kernels in {duration(time.monotonic() - started)}")
