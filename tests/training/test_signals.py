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


def test_a_closed_terminal_may_tell_so_twice(monkeypatch):
    monkeypatch.setattr(signals.os, "_exit", lambda code: pytest.fail("ended before it was saved"))
    with stopping_on_signals() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)
        assert stop.signal == signal.SIGHUP


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_what_nohup_or_a_shell_ignores_stays_ignored(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with stopping_on_signals() as stop:
            os.kill(os.getpid(), number)
            assert stop.signal is None
    finally:
        signal.signal(number, before)
