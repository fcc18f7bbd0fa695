"""`dltool cache`: what is kept between runs, how large it is and when it was last of use; `--clear` removes it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import typer

from dltool.caching import cache_root, remove_abandoned
from dltool.cli.screen.table import write_table
from dltool.config.amounts import amount
from dltool.errors import InputError, Problem, RunError
from dltool.formatting import duration

#: what is kept, by the first word of its folder's name
KINDS = {"kernels": "compiled kernels", "data": "prepared data"}


def cache(kind: str | None, *, clear: bool) -> None:
    """List or remove all that is kept, or all of one kind; runs that read it go on undisturbed."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"nothing called '{kind}' is kept; allowed: {', '.join(KINDS)}")
    remove_abandoned()
    folders = [folder for name in ([kind] if kind else KINDS) for folder in sorted(cache_root().glob(f"{name}-*"))]
    if not folders:
        typer.echo(f"{cache_root()}: nothing is kept there")
    elif clear:
        _remove(folders)
    else:
        rows = [_row(folder) for folder in folders]
        total = ("all", "", amount(sum(map(_size, folders))), "")
        write_table(str(cache_root()), ("folder", "", "size", "last used"), rows, right=(2, 3), totals=total)
        typer.echo("to remove all of it: dltool cache --clear; it is made again when it is needed")


def _row(folder: Path) -> tuple[str, str, str, str]:
    kind = folder.name.partition("-")[0]
    states = [path.stat() for path in folder.iterdir()]
    # data in use has its manifest touched, as looking for data reads the manifests of all
    used = max((max(s.st_mtime, s.st_atime) if kind == "kernels" else s.st_mtime for s in states), default=time.time())
    return folder.name, KINDS[kind], amount(_size(folder)), f"{duration(max(time.time() - used, 1))} ago"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _remove(folders: list[Path]) -> None:
    freed = 0
    for folder in folders:
        size = _size(folder)
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise RunError(Problem(f"cannot be removed: {error.strerror}", where=str(error.filename))) from None
        freed += size
    typer.echo(f"removed {len(folders)} folder{'' if len(folders) == 1 else 's'}, {amount(freed)}")
