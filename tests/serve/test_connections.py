"""Clients that send too much, too slowly, or no HTTP: each gets an answer or is left, and nobody waits for them."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.serve.serving import serving

POST = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
ROW = {"a": 0.5, "b": -1.0, "colour": "red"}
CHUNK = b"10000\r\n" + b"1" * 65536 + b"\r\n"


@pytest.fixture(scope="module")
def address(trained: Path) -> Iterator[tuple[str, int]]:
    """A server that waits half a second, and takes bodies of 4 MB."""
    with serving(str(trained / "runs" / "classes"), "--timeout", "0.5", "--max-body", "4") as (process, host, port):
        yield host, port
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert err == ""


def exchanged(address: tuple[str, int], pieces: Iterator[bytes]) -> bytes:
    """What the server says to pieces of a request until it closes the connection."""
    with socket.create_connection(address, timeout=60) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            found = b""
            while received := connection.recv(65536):
                found += received
        except ConnectionError:  # it closed the connection while more was sent
            return b"closed"
    return found


@pytest.mark.parametrize(
    ("pieces", "status", "line"),
    {
        "nothing": ([], b"", ""),
        "half of a head": ([POST], b"408", "the request did not arrive within 0.5 s"),
        "half of a body": ([POST, b"Content-Length: 99\r\n\r\na,b,"], b"408", "the request did not arrive within"),
        "no HTTP": ([b"\x16\x03\x01\x02\r\n\r\n"], b"400", None),
        "a huge body": ([POST, b"Content-Length: 1000000000\r\n\r\n"], b"413", "the body is larger than 4 MB"),
        "a huge number": ([POST, b"Content-Length: 1" + b"0" * 99 + b"\r\n\r\n"], b"400", None),
    }.values(),
    ids=str,
)
def test_clients_that_do_not_send_a_request(
    address: tuple[str, int], pieces: list[bytes], status: bytes, line: str | None
):
    answer = exchanged(address, iter(pieces))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head[9:12] == status
    if body and line is not None:
        assert json.loads(body)["error"].startswith(line)


@pytest.mark.parametrize(
    ("first", "next_piece", "status"),
    [
        (POST + b"X: ", b"y" * 65536, b"431"),
        (b"GET /", b"y" * 65536, b"431"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK, b"413"),
    ],
)
def test_clients_that_never_end(address: tuple[str, int], first: bytes, next_piece: bytes, status: bytes):
    """They may be cut off before they read the answer; the server must not take in the whole of it."""
    answer = exchanged(address, chain([first], repeat(next_piece, 16_000)))
    assert answer == b"closed" or answer[9:12] == status


def test_a_client_that_does_not_read_is_left(address: tuple[str, int]):
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 3000)
        time.sleep(2)
        answers, closed = 0, False
        while not closed:
            try:
                received = connection.recv(1_000_000)
            except ConnectionError:
                received = b""
            answers, closed = answers + received.count(b"HTTP/1.1 200"), not received
    assert 0 < answers < 3000


def test_the_server_ends_though_a_client_is_slow(trained: Path):
    with serving(str(trained / "runs" / "classes"), "--timeout", "0.5") as (process, host, port):
        connections = [socket.create_connection((host, port)) for _ in range(3)]
        for connection, piece in zip(connections, [b"", POST, POST + b"Content-Length: 99\r\n\r\na"], strict=True):
            connection.sendall(piece)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        for connection in connections:
            connection.close()
    assert (process.returncode, err) == (0, "")
