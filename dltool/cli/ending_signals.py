"""Signals that end a command at once, with a line on standard error, so that temporary files are removed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def ending_on_signals() -> Iterator[None]:
    """Inside, signals unwind the stack and end the process with code 128 + signal, unless they were ignored (nohup)."""

    def end(number: int, frame: object) -> None:
        typer.echo(f"stopped by {signal.Signals(number).name}", err=True)
        raise SystemExit(128 + number)

    heeded = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    numbers = [number for number in heeded if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
