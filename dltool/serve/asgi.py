"""Requests and responses in ASGI, the interface between a web server and an application.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON, TEXT, HTML, CSV = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8", "text/csv"


class Request:
    """One request, of which the body may still be on its way."""

    __slots__ = ("_receive", "_scope", "headers", "method", "path")

    def __init__(self, scope: Message, receive: Receive):
        self._scope, self._receive = scope, receive
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])  # the names in lower case

    def header(self, name: bytes, default: str = "") -> str:
        """The text of a header."""
        found = self.headers.get(name)
        return default if found is None else found.decode("latin-1")

    @property
    def address(self) -> str:
        """The address of the server as the client knows it."""
        host, port = self._scope.get("server") or ("localhost", 80)
        return f"{self._scope['scheme']}://{self.header(b'host', f'{host}:{port}')}{self._scope.get('root_path', '')}"

    async def piece(self) -> tuple[bytes, bool]:
        """The next piece of the body, and whether more is to come; raises ConnectionError if the client is gone."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        return message.get("body", b""), message.get("more_body", False)


@dataclass
class Response:
    """One response with its whole body."""

    body: bytes
    media_type: str = JSON
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()

    async def send(self, send: Send) -> None:
        """Hand it to the server."""
        headers = [
            (b"content-type", self.media_type.encode("latin-1")),
            (b"content-length", b"%d" % len(self.body)),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def live(receive: Receive, send: Send, start: Callable[[], None], stop: Callable[[], Awaitable[None]]) -> None:
    """Start and stop an application when the server says so."""
    await receive()
    start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await stop()
    await send({"type": "lifespan.shutdown.complete"})
