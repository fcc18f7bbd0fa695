"""An application in this process, and requests to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from dltool.serve.application import Application
from dltool.serve.bodies import Limits
from dltool.serve.served import Served


class Asking:
    """Sends requests without a socket."""

    def __init__(self, application: Application):
        self.application = application

    def __call__(self, path: str, *, method: str = "", **request: Any) -> httpx.Response:
        """The response to a POST if there is something to send, else to a GET."""
        posted = request.keys() & {"json", "content", "data"}
        return self.together([(method or ("POST" if posted else "GET"), path, request)])[0]

    def together(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """The responses to several requests that wait at the same time."""

        async def send() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await asyncio.gather(*(client.request(*one[:2], **one[2]) for one in requests))

        return asyncio.run(send())


@contextmanager
def asking(*runs: str, limits: Limits = Limits()) -> Iterator[Asking]:  # noqa: B008
    """An application that serves these runs, with its worker at work."""
    application = Application([Served("", Path(run)) for run in runs], limits)
    try:
        yield Asking(application)
    finally:
        application.worker.stop()
