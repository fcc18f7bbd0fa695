"""`dltool serve` as a process: its address, its end, and its page in a browser."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from dltool.cli.main import main
from tests.serve.serving import serving

ROW = {"a": 0.5, "b": -1.0, "colour": "red"}


def test_a_signal_under_load_loses_no_request_that_was_accepted(workplace: Path):
    answered, refused, started = [], [], threading.Event()
    body = json.dumps([ROW] * 200)

    def load(host: str, port: int) -> None:
        while not refused:
            connection = http.client.HTTPConnection(host, port, timeout=60)
            try:
                connection.connect()
            except OSError:
                refused.append("not accepted")
                return
            try:
                connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answered.append((answer.status, len(json.loads(answer.read()))))
            except (OSError, http.client.HTTPException):  # a connection that waited to be accepted
                refused.append("not accepted")
                return
            finally:
                connection.close()
            if len(answered) > 40:
                started.set()

    with serving("runs/classes") as (process, host, port):
        threads = [threading.Thread(target=load, args=(host, port)) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert started.wait(60)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        for thread in threads:
            thread.join(60)
    assert process.returncode == 0, err
    assert err == ""
    assert set(answered) == {(200, 200)}
    assert out == f"stopped, after {len(answered)} requests for predictions\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["runs/clases"], "error: runs/clases: no such checkpoint or run; did you mean 'runs/classes'?"),
        (["runs/classes", "runs/classes"], "error: runs/classes: has the name 'classes', as runs/classes does; choose"),
        (["=runs/classes"], "error: '=runs/classes': NAME=PATH is expected, such as digits=runs/digits"),
        (["runs/classes", "--host", "192.0.2.1"], "error: 192.0.2.1:8000: cannot be listened on: "),
    ],
)
def test_mistakes_are_told_in_one_line(workplace: Path, capsys: Any, arguments: list[str], line: str):
    assert main(["serve", *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_a_port_that_is_taken(workplace: Path, capsys: Any):
    with serving("one=runs/classes") as (_, _, port):
        assert main(["serve", "runs/classes", "--port", str(port)]) == 2
    assert capsys.readouterr().err == (
        f"error: 127.0.0.1:{port}: cannot be listened on: address already in use; another program has it: choose"
        " another with --port\n"
    )


def test_without_its_packages(workplace: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch):
    from dltool.cli.commands import serve

    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    assert main(["serve", "runs/classes"]) == 2
    assert capsys.readouterr().err == "error: dltool serve needs httptools and uvicorn: pip install 'dltool[serve]'\n"
