"""Connections to clients, and the end of those whose client takes too long."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Collection
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: bytes of the largest address and headers
LARGEST_HEAD = 65536
#: seconds between looks at all connections
LOOK_SECONDS = 0.5


class Connection(HttpToolsProtocol):
    """One connection: uvicorn's, which limits neither the size of headers nor the time that a client takes."""

    def connection_made(self, transport: Any) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # a response comes in two writes, and the second must not wait until the first is acknowledged: asyncio asks for
        # that only where the listening socket names its protocol, which uvicorn's does not
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._arriving: float | None = self.loop.time()  # since when a request has been awaited or incomplete
        self._unread: float | None = None  # since when a response has waited to be read
        self._head: int | None = None  # bytes of a head that is incomplete
        self._answering: Any = None  # the request that is being answered, which may not be the last that has arrived

    def connection_lost(self, exc: Exception | None) -> None:
        self._give_up()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(b"431 Request Header Fields Too Large", f"headers are larger than {LARGEST_HEAD} bytes")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arriving, self._head = self._arriving or self.loop.time(), 0

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._head = None

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._arriving = None

    def close_if_late(self, seconds: float) -> None:
        """Close the connection if a request takes longer to arrive, or a response longer to be read."""
        now = self.loop.time()
        self._unread = (self._unread or now) if self.transport.get_write_buffer_size() else None
        if self._unread and now - self._unread > seconds:
            self._give_up()
            self.transport.abort()
        elif self._arriving and now - self._arriving > seconds and not self.transport.is_closing():
            self._refuse(b"408 Request Timeout", f"the request did not arrive within {seconds:g} s")

    def _give_up(self) -> None:
        """Write no more answers; of requests that have arrived one behind the other, uvicorn tells the last alone."""
        if self._answering:
            self._answering.disconnected = True
        self.pipeline.clear()

    def _refuse(self, status: bytes, message: str) -> None:
        """Close the connection, with an answer to the request that has begun."""
        begun = self._head is not None or (self.cycle and not self.cycle.response_started)
        if begun and not self.transport.is_closing():
            body = json.dumps({"error": message}).encode()
            head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            self.transport.write(head % (status, len(body)) + body)
        self.transport.close()


async def close_late(connections: Collection[Any], seconds: float) -> None:
    """Close late connections, forever."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for connection in list(connections):
            connection.close_if_late(seconds)
