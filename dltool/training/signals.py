"""SIGINT, SIGTERM and SIGHUP: the first asks the trainer to save and stop, a second one ends the process at once.

SIGHUP is that of a closed terminal; it may come several times, and after SIGTERM, without anybody's impatience.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SHOW_CURSOR = b"\x1b[?25h"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """Set by a signal, read by the trainer between calls of the engine."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        if self.signal is None:
            self.signal = number
        elif number != signal.SIGHUP:
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR)  # the live view hid it and will not come to its end
            os._exit(128 + number)


@contextmanager
def stopping_on_signals() -> Iterator[StopRequest]:
    """Inside, the signals set the request, but those that were ignored (nohup); afterwards they do what they did."""
    request = StopRequest()
    heeded = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    old = {number: signal.signal(number, request.receive) for number in heeded}
    try:
        yield request
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
