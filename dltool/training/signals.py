"""SIGINT, SIGTERM and SIGHUP: the first one asks the trainer to save and stop, the second ends the process at once.

A closed terminal sends SIGHUP, possibly several times or after SIGTERM, so it never counts as the second signal.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dltool.distributed.ranks import Ranks

_SHOW_CURSOR = b"\x1b[?25h"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """Set by a signal, read by the trainer between calls of the engine."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def agreed(self, ranks: Ranks) -> bool:
        """Whether any rank was asked to stop; then all are. All ranks call this together."""
        number = ranks.largest(self.signal or 0)
        if number and self.signal is None:
            self.signal = number
        return number > 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The signal handler."""
        if self.signal is None:
            self.signal = number
        elif number != signal.SIGHUP:
            if os.isatty(1):
                os.write(1, _SHOW_CURSOR)  # the live view hid it and has no chance to show it again
            os._exit(128 + number)


@contextmanager
def stopping_on_signals() -> Iterator[StopRequest]:
    """Inside, signals set the request, unless they were ignored (nohup); afterwards the old handlers return.

    Signals reach only the main thread: a training in another one cannot be stopped by them.
    """
    request = StopRequest()
    in_main = threading.current_thread() is threading.main_thread()
    heeded = [number for number in _SIGNALS if in_main and signal.getsignal(number) != signal.SIG_IGN]
    old = {number: signal.signal(number, request.receive) for number in heeded}
    try:
        yield request
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
