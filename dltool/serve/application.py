"""The routes of the server, as an ASGI application."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from dltool import __version__
from dltool.errors import InputError, did_you_mean
from dltool.serve import inference
from dltool.serve.bodies import Limits, RefusedError, body_of, job_of, json_of
from dltool.serve.metrics import Metrics
from dltool.serve.openapi import openapi
from dltool.serve.pages import HEADERS, docs_page, start_page
from dltool.serve.reloading import reload_changed
from dltool.serve.served import Served, Table
from dltool.serve.worker import Job, OverloadedError, Worker
from dltool.training.strict_json import to_json

Handler = Callable[[Request], Awaitable[Response]]


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
        self._on_reload = on_reload
        self.worker = Worker(self.served, self.metrics)
        self.asgi = Starlette(
            routes=[
                Route("/predict", self._counted("/predict", self._predict), methods=["POST"]),
                Route("/predict/{model}", self._counted("/predict", self._predict), methods=["POST"]),
                Route("/v2/models/{model}/infer", self._counted("/v2/infer", self._infer), methods=["POST"]),
                Route("/v2/models/{model}", self._model),
                Route("/v2/models/{model}/ready", self._model_ready),
                Route("/v2/health/live", self._live),
                Route("/v2/health/ready", self._ready),
                Route("/v2", self._server),
                Route("/metrics", self._metrics),
                Route("/openapi.json", self._openapi),
                Route("/docs", self._docs),
                Route("/", self._start),
            ],
            exception_handlers={HTTPException: _http_error, RefusedError: _refused, Exception: _bug},
            lifespan=self._life,
        )

    @asynccontextmanager
    async def _life(self, app: Starlette) -> AsyncIterator[None]:
        self.worker.start()
        report = self._on_reload
        watch = asyncio.create_task(reload_changed(self.served, self.metrics, report)) if report else None
        yield
        if watch:
            watch.cancel()
        await asyncio.to_thread(self.worker.stop)

    async def _predict(self, request: Request) -> Response:
        served = self._named(request)
        content = await body_of(request, self.limits)
        job = job_of(served, content, request.headers.get("content-type", ""))
        table = await self._answered(job)
        wanted = request.headers.get("accept", "*/*")
        if "text/csv" in wanted or (job.file and "json" not in wanted):
            return Response(_as_csv(table), media_type="text/csv")
        rows = _as_rows(table)
        return _json(rows[0] if job.single and len(rows) == 1 else rows)

    async def _infer(self, request: Request) -> Response:
        served = self._named(request)
        if "inference-header-content-length" in request.headers:
            raise RefusedError(415, "binary tensors are not supported; send the data as JSON")
        asked = json_of(await body_of(request, self.limits))
        table = await self._answered(inference.infer_job(served, asked))
        return _json(inference.answer(served, asked, table))

    async def _answered(self, job: Job) -> Table:
        try:
            async with asyncio.timeout(self.limits.seconds):
                table = await self.worker.predict(job)
        except InputError as error:
            raise RefusedError(422, *map(str, error.problems)) from None
        except TimeoutError:
            raise RefusedError(503, f"no answer within {self.limits.seconds:g} s; send fewer rows at a time") from None
        except OverloadedError:
            raise RefusedError(503, "too many requests wait; try again later") from None
        self.metrics.rows[job.name] += len(next(iter(table.values())))
        return table

    def _named(self, request: Request) -> Served:
        """The network that a path names; the only one needs no name."""
        name = request.path_params.get("model")
        if name is None:
            if len(self.served) > 1:
                raise RefusedError(404, f"there are several models: POST /predict/NAME; NAME: {', '.join(self.served)}")
            return next(iter(self.served.values()))
        if name not in self.served:
            raise RefusedError(404, f"no model '{name}'; {did_you_mean(name, self.served)}")
        return self.served[name]

    def _counted(self, route: str, handler: Handler) -> Handler:
        """The handler, with its time and the status of its answers counted."""

        async def handle(request: Request) -> Response:
            started, status = time.perf_counter(), 500
            self.metrics.in_progress += 1
            try:
                response = await handler(request)
                status = response.status_code
                return response
            except RefusedError as error:
                status = error.status
                raise
            finally:
                name = request.path_params.get("model") or (next(iter(self.served)) if len(self.served) == 1 else "")
                self.metrics.requests[name if name in self.served else "", route, status] += 1
                self.metrics.seconds.observe(time.perf_counter() - started)
                self.metrics.in_progress -= 1

        return handle

    async def _live(self, request: Request) -> Response:
        return _json({"live": True})

    async def _ready(self, request: Request) -> Response:
        return _json({"ready": True})

    async def _server(self, request: Request) -> Response:
        return _json({"name": "dltool", "version": __version__, "extensions": [], "models": list(self.served)})

    async def _model(self, request: Request) -> Response:
        return _json(inference.metadata(self._named(request)))

    async def _model_ready(self, request: Request) -> Response:
        return _json({"name": self._named(request).name, "ready": True})

    async def _metrics(self, request: Request) -> Response:
        text = self.metrics.text(self.served)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def _openapi(self, request: Request) -> Response:
        return _json(openapi(self.served, self.limits))

    async def _docs(self, request: Request) -> Response:
        return HTMLResponse(docs_page(openapi(self.served, self.limits), str(request.base_url)), headers=HEADERS)

    async def _start(self, request: Request) -> Response:
        return HTMLResponse(start_page(self.served), headers=HEADERS)


def _json(data: Any, status: int = 200) -> Response:
    return Response(to_json(data).encode("utf-8", "backslashreplace"), status, media_type="application/json")


def _as_rows(table: Table) -> list[dict[str, Any]]:
    columns = [column.tolist() for column in table.values()]
    return [dict(zip(table, row, strict=True)) for row in zip(*columns, strict=True)]


def _as_csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))
    return file.getvalue()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    response = _json({"error": str(error)}, error.status)
    if error.status in (408, 413):
        response.headers["Connection"] = "close"  # the rest of the body is not read
    if error.status == 503:
        response.headers["Retry-After"] = "1"
    return response


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    paths = "/predict, /v2, /metrics, /docs"
    text = {404: f"there is nothing at {request.url.path}; see {paths}", 405: f"{request.method} is not allowed here"}
    return Response(
        to_json({"error": text.get(error.status_code, error.detail)}).encode("utf-8", "backslashreplace"),
        error.status_code,
        headers=error.headers,
        media_type="application/json",
    )


async def _bug(request: Request, error: Exception) -> Response:
    return _json({"error": "this is a bug in dltool; the server has written what happened to its log"}, 500)
