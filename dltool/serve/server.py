"""The server: a socket, uvicorn on it, and an orderly end."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

import uvicorn

from dltool.errors import InputError, Problem
from dltool.serve.application import Application
from dltool.serve.connections import Connection, close_late

#: connections that may wait to be accepted
BACKLOG = 2048


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections; raises InputError for an address that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        hint = "; another program has it: choose another with --port" if getattr(error, "errno", 0) == 98 else ""
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(Problem(f"cannot be listened on: {reason.lower()}{hint}", f"{host}:{port}")) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """The address of a listening socket as a URL."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """The server of uvicorn, that does not wait for slow clients, not even at its end."""

    def __init__(self, config: uvicorn.Config, seconds: float):
        super().__init__(config)
        self._seconds = seconds

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        watch = asyncio.create_task(close_late(self.server_state.connections, self._seconds))
        try:
            await super().serve(sockets)
        finally:
            watch.cancel()


def run(application: Application, listener: socket.socket) -> None:
    """Answer requests until SIGINT or SIGTERM comes; those accepted before are answered first, new ones refused."""
    config = uvicorn.Config(application, http=Connection, ws="none", lifespan="on", log_level="error", access_log=False)
    handlers: dict[int, Callable] = {}
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises again what it has received
        handlers[number] = signal.signal(number, lambda *_: None)  # type: ignore[assignment]
    try:
        _Server(config, application.limits.seconds).run(sockets=[listener])
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        listener.close()
