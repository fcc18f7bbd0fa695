"""The routes of the server, as an ASGI application."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from dltool import __version__
from dltool.errors import InputError, did_you_mean
from dltool.serve import inference
from dltool.serve.asgi import CSV, HTML, Message, Receive, Request, Response, Send, live
from dltool.serve.bodies import Limits, RefusedError, body_of, job_of, json_of
from dltool.serve.metrics import Metrics
from dltool.serve.openapi import openapi
from dltool.serve.pages import HEADERS, docs_page, start_page
from dltool.serve.reloading import reload_changed
from dltool.serve.served import Served, Table
from dltool.serve.worker import Job, OverloadedError, Worker
from dltool.training.strict_json import to_json

#: how paths may name the version of a network: not at all, or by the only one that there is
VERSIONS = ([], ["versions", "1"])
#: what a client is told beside an error: the rest of a body is not read, or when to come again
_AFTER = {
    408: ((b"connection", b"close"),),
    413: ((b"connection", b"close"),),
    503: ((b"retry-after", b"1"),),
}
#: answers a request about the network of a name, "" for the only one
Handler = Callable[[Request, str], Awaitable[Response]]


class Application:
    """Networks by name, and the answers to requests about them."""

    def __init__(
        self,
        served: Iterable[Served],
        limits: Limits = Limits(),  # noqa: B008  (is frozen)
        on_reload: Callable[[str], None] | None = None,
    ):
        """With `on_reload`, checkpoints are loaded again when they change, and it is told so."""
        self.served, self.limits, self.metrics = {one.name: one for one in served}, limits, Metrics()
        self.worker = Worker(self.served, self.metrics, limits.seconds)
        self._on_reload = on_reload
        self._watch: asyncio.Task[None] | None = None
        self._pages: dict[str, Handler] = {
            "": self._start_page,
            "docs": self._docs,
            "openapi.json": self._openapi,
            "metrics": self._metrics,
            "v2": self._server,
            "v2/health/live": self._live,
            "v2/health/ready": self._ready,
        }

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server, as ASGI says."""
        if scope["type"] == "lifespan":
            await live(receive, send, self._start, self._stop)
        else:
            response = await self._response(Request(scope, receive))
            await response.send(send)

    def _start(self) -> None:
        if self._on_reload:
            self._watch = asyncio.create_task(reload_changed(self.served, self.metrics, self._on_reload))

    async def _stop(self) -> None:
        if self._watch:
            self._watch.cancel()
        await asyncio.to_thread(self.worker.stop)

    async def _response(self, request: Request) -> Response:
        """The response to a request; those for predictions are counted."""
        match request.path.strip("/").split("/"):
            case ["predict", *name] if len(name) < 2:
                return await self._counted("/predict", self._predict, request, "".join(name))
            case ["v2", "models", name, *version, "infer"] if version in VERSIONS:
                return await self._counted("/v2/infer", self._infer, request, name)
            case ["v2", "models", name, *version, "ready"] if version in VERSIONS:
                return await _tried(self._model_ready, request, name, "GET")
            case ["v2", "models", name, *version] if version in VERSIONS:
                return await _tried(self._model, request, name, "GET")
            case parts:
                return await _tried(self._pages.get("/".join(parts), _nothing), request, "", "GET")

    async def _counted(self, route: str, handler: Handler, request: Request, name: str) -> Response:
        """The response to a POST, with its status and its time counted."""
        started = time.perf_counter()
        self.metrics.in_progress += 1
        try:
            response = await _tried(handler, request, name, "POST")
        finally:
            self.metrics.in_progress -= 1
        name = name or (next(iter(self.served)) if len(self.served) == 1 else "")
        self.metrics.requests[name if name in self.served else "", route, response.status] += 1
        self.metrics.seconds.observe(time.perf_counter() - started)
        return response

    async def _predict(self, request: Request, name: str) -> Response:
        served = self._named(name)
        content = await body_of(request, self.limits)
        job = job_of(served, content, request.header(b"content-type"))
        table = await self._answer(job)
        wanted = request.header(b"accept", "*/*")
        if CSV in wanted or (job.file and "json" not in wanted):
            return Response(_as_csv(table).encode(), f"{CSV}; charset=utf-8")
        rows = _as_rows(table)
        return _json(rows[0] if job.single and len(rows) == 1 else rows)

    async def _infer(self, request: Request, name: str) -> Response:
        served = self._named(name)
        if b"inference-header-content-length" in request.headers:
            raise RefusedError(415, "binary tensors are not supported; send the data as JSON")
        asked = json_of(await body_of(request, self.limits))
        table = await self._answer(inference.infer_job(served, asked))
        return _json(inference.answer(served, asked, table))

    async def _answer(self, job: Job) -> Table:
        try:
            table = await self.worker.predict(job)
        except InputError as error:
            raise RefusedError(422, *map(str, error.problems)) from None
        except TimeoutError:
            raise RefusedError(503, f"no answer within {self.limits.seconds:g} s; send fewer rows at a time") from None
        except OverloadedError:
            raise RefusedError(503, "too many requests wait; try again later") from None
        self.metrics.rows[job.name] += len(next(iter(table.values())))
        return table

    def _named(self, name: str) -> Served:
        """The network that a path names; the only one needs no name."""
        if not name:
            if len(self.served) > 1:
                raise RefusedError(404, f"there are several models: POST /predict/NAME; NAME: {', '.join(self.served)}")
            return next(iter(self.served.values()))
        if name not in self.served:
            raise RefusedError(404, f"no model '{name}'; {did_you_mean(name, self.served)}")
        return self.served[name]

    async def _live(self, request: Request, name: str) -> Response:
        return _json({"live": True})

    async def _ready(self, request: Request, name: str) -> Response:
        return _json({"ready": True})

    async def _server(self, request: Request, name: str) -> Response:
        return _json({"name": "dltool", "version": __version__, "extensions": [], "models": list(self.served)})

    async def _model(self, request: Request, name: str) -> Response:
        return _json(inference.metadata(self._named(name)))

    async def _model_ready(self, request: Request, name: str) -> Response:
        return _json({"name": self._named(name).name, "ready": True})

    async def _metrics(self, request: Request, name: str) -> Response:
        return Response(self.metrics.text(self.served).encode(), "text/plain; version=0.0.4; charset=utf-8")

    async def _openapi(self, request: Request, name: str) -> Response:
        return _json(openapi(self.served, self.limits))

    async def _docs(self, request: Request, name: str) -> Response:
        return Response(docs_page(openapi(self.served, self.limits), request.address).encode(), HTML, headers=HEADERS)

    async def _start_page(self, request: Request, name: str) -> Response:
        return Response(start_page(self.served).encode(), HTML, headers=HEADERS)


async def _nothing(request: Request, name: str) -> Response:
    raise RefusedError(404, f"there is nothing at {request.path}; see /predict, /v2, /metrics, /docs")


async def _tried(handler: Handler, request: Request, name: str, method: str) -> Response:
    """The response, or what is wrong as one."""
    try:
        if request.method != method and not (request.method == "HEAD" and method == "GET") and handler is not _nothing:
            return _json({"error": f"{request.method} is not allowed here"}, 405, (b"allow", method.encode()))
        return await handler(request, name)
    except RefusedError as error:
        return _json({"error": str(error)}, error.status, *_AFTER.get(error.status, ()))
    except Exception:
        logging.getLogger(__name__).exception("%s %s", request.method, request.path)
        return _json({"error": "this is a bug in dltool; the server has written what happened to its log"}, 500)


def _json(data: Any, status: int = 200, *headers: tuple[bytes, bytes]) -> Response:
    return Response(to_json(data).encode("utf-8", "backslashreplace"), status=status, headers=headers)


def _as_rows(table: Table) -> list[dict[str, Any]]:
    columns = [column.tolist() for column in table.values()]
    return [dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True)]


def _as_csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    return file.getvalue()
