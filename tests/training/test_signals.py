"""The first signal asks to stop, the second ends the process; afterwards all is as before."""

from __future__ import annotations

import os
import signal

import pytest

from dltool.training import signals
from dltool.training.signals import stopping_on_signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_two_signals(monkeypatch, number, code):
    codes: list[int] = []
    monkeypatch.setattr(signals.os, "_exit", codes.append)
    before = signal.getsignal(number)
    with stopping_on_signals() as stop:
        assert stop.signal is None
        os.kill(os.getpid(), number)
        assert (stop.signal, codes) == (number, [])
        os.kill(os.getpid(), number)
        assert codes == [code]
    assert signal.getsignal(number) == before
