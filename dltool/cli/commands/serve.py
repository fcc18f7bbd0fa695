"""`dltool serve CHECKPOINT...`: trained networks behind HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dltool.errors import InputError, Problem
from dltool.formatting import plural, quoted

if TYPE_CHECKING:
    from dltool.serve.served import Served


def serve(
    checkpoints: Sequence[str],
    *,
    host: str,
    port: int,
    reload: bool,
    max_body: float,
    timeout: float,
    threads: int,
) -> None:
    """Serve networks until SIGINT or SIGTERM comes."""
    if missing := [name for name in ("httptools", "uvicorn") if find_spec(name) is None]:
        raise InputError(f"dltool serve needs {' and '.join(missing)}: pip install 'dltool[serve]'")
    from dltool.serve.application import Application
    from dltool.serve.bodies import Limits
    from dltool.serve.server import address_of, listening, run

    served = named([_loaded(one, threads) for one in checkpoints])
    listener = listening(host, port)
    application = Application(served, Limits(max_body, timeout), _say if reload else None)
    _say(f"serving {', '.join(one.name for one in served)} at {address_of(listener)}  (Ctrl-C stops)")
    run(application, listener)
    total = sum(application.metrics.requests.values())
    _say(f"stopped, after {plural(total, 'request')} for predictions")


def named(served: Sequence[Served]) -> Sequence[Served]:
    """The same networks; raises InputError where two have one name."""
    for place, one in enumerate(served):
        if other := next((other for other in served[:place] if other.name == one.name), None):
            message = (
                f"has the name '{one.name}', as {other.target} does; choose another: {one.name}-2={quoted(one.target)}"
            )
            raise InputError(Problem(message, str(one.target)))
    return served


def _loaded(text: str, threads: int) -> Served:
    """A network given as a path or as NAME=PATH."""
    from dltool.serve.served import Served

    name, found, path = text.partition("=")
    if not found or Path(text).exists() or "/" in name:
        name, path = "", text
    elif not name or not path:
        raise InputError(f"'{text}': NAME=PATH is expected, such as digits=runs/digits")
    return Served(name, Path(path), threads=threads)


def _say(text: str) -> None:
    typer.echo(text)
