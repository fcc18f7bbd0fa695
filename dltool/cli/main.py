"""The entry of the command line, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any, cast

import typer

from dltool.cli.app import app
from dltool.cli.output_streams import keep_streams
from dltool.cli.usage_errors import explain_usage
from dltool.distributed.launched import launched
from dltool.errors import DltoolError

_TRACEBACK = "this is a bug in dltool; for the traceback: dltool --traceback {}"
#: Typer's error for a wrong command line, wherever this version keeps click
UsageError = cast(type[Exception], typer.BadParameter.__base__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, print a line on standard error for each problem, and return the exit code."""
    if arguments is None:
        keep_streams()
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if (found := launched()) and arguments is None:
        from dltool.cli.ranks import run_rank

        return run_rank(words, _run, found)
    return _run(words)


def _run(words: Sequence[str]) -> int:
    """Run a command in this process."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = int(app(list(words), prog_name="dltool", standalone_mode=False) or 0)
        sys.stdout.flush()
        return code
    except DltoolError as error:
        for problem in error.problems:
            typer.echo(f"error: {problem}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort) as error:
        if isinstance(error.__cause__ or error.__context__, EOFError):  # typer takes it for the end of the input
            typer.echo(f"error: a file ends too early; {_TRACEBACK.format(' '.join(words))}", err=True)
            return 1
        return 130
    except UsageError as error:
        typer.echo(f"error: {explain_usage(error, words)}", err=True)
        return 2
    except MemoryError:
        typer.echo("error: not enough memory", err=True)
        return 1
    except OSError as error:  # disk, permissions, devices: not a bug in dltool
        if "--traceback" in words or "--debug" in words:
            raise
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"error: {where}{error.strerror or error}", err=True)
        return 1
    except Exception as error:
        if "--traceback" in words or "--debug" in words:
            raise
        if "mpi4py" in sys.modules:
            from dltool.cli.ranks import end_with_others

            end_with_others(error)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        typer.echo(f"error: {what}; {_TRACEBACK.format(' '.join(words))}", err=True)
        return 1


def _show_warning(message: Warning | str, *place: Any) -> None:
    typer.echo(f"warning: {message}", err=True)
