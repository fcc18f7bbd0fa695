"""SIGINT and SIGTERM: the first asks the trainer to save and stop, the second ends the process at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SHOW_CURSOR = b"\x1b[?25h"


class StopRequest:
    """Set by a signal, read by the trainer between calls of the engine."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        if self.signal is not None:
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR)  # the live view hid it and will not come to its end
            os._exit(128 + number)
        self.signal = number


@contextmanager
def stopping_on_signals() -> Iterator[StopRequest]:
    """Inside, SIGINT and SIGTERM set the request; afterwards they do what they did before."""
    request = StopRequest()
    old = {number: signal.signal(number, request.receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
