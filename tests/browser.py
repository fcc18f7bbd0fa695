"""Chromium without a window, driven by its DevTools protocol through a pipe.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe")
#: runs a program with the pipes of these numbers as its files 3 and 4
_WITH_PIPES = 'exec "$@" 3<&{0} 4>&{1}'


class Page:
    """One page of a browser."""

    def __init__(self, read: int, write: int):
        self._answers, self._write, self._numbers = os.fdopen(read, "rb"), write, count(1)
        self._session: dict[str, str] = {}
        self.complaints: list[str] = []  # errors of the page, and what it wrote to its console

    def open(self, address: str) -> None:
        """Load a page, in place of the one before."""
        if not self._session:
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = {
                "sessionId": self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            }
            for domain in ("Page", "Runtime", "Log"):
                self._call(f"{domain}.enable")
        self._call("Page.navigate", url=address)
        self.value("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def value(self, script: str) -> Any:
        """The value of an expression in JavaScript, or what its promise gives."""
        found = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """The value of an expression as soon as it is true."""
        poll = f"const found = {script}; if (found) done(found); else setTimeout(look, 20);"
        return self.value(f"new Promise(done => {{ const look = () => {{ {poll} }}; look(); }})")

    def close(self) -> None:
        """Close the pipe."""
        self._answers.close()

    def _call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                self.complaints.append(json.dumps(answer["params"]))

    def _message(self) -> dict[str, Any]:
        content = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            content += byte
        return json.loads(content)


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A browser with a profile in a folder; skips the test where none is installed."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser is installed: none of {', '.join(NAMES)}")
    (its_read, write), (read, its_write) = os.pipe(), os.pipe()
    command = ["bash", "-c", _WITH_PIPES.format(its_read, its_write), "bash", program, *_OPTIONS]
    process = subprocess.Popen(
        [*command, f"--user-data-dir={folder / 'profile'}"], pass_fds=(its_read, its_write), stderr=subprocess.DEVNULL
    )
    os.close(its_read)
    os.close(its_write)
    page = Page(read, write)
    try:
        yield page
    finally:
        process.kill()
        process.wait()
        os.close(write)
        page.close()
