"""`dltool cache`: what is kept between runs, its size and when it was last used; `--clear` removes it."""

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

#: kinds of cached folders, by the first word of their names
KINDS = {"kernels": "compiled kernels", "programs": "compiled programs for GPUs", "data": "prepared data"}


def cache(kind: str | None, *, clear: bool) -> None:
    """List or remove everything in the cache, or one kind of it; running trainings are not disturbed."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"the cache has no kind '{kind}'; allowed: {', '.join(KINDS)}")
    remove_abandoned()
    folders = [folder for name in ([kind] if kind else KINDS) for folder in sorted(cache_root().glob(f"{name}-*"))]
    if not folders:
        typer.echo(f"{cache_root()}: the cache is empty")
    elif clear:
        _remove(folders)
    else:
        rows = [_row(folder) for folder in folders]
        total = ("all", "", amount(sum(map(_size, folders))), "")
        write_table(str(cache_root()), ("folder", "", "size", "last used"), rows, right=(2, 3), totals=total)
        typer.echo("to remove everything: dltool cache --clear; it is made again when needed")


def _row(folder: Path) -> tuple[str, str, str, str]:
    kind = folder.name.partition("-")[0]
    states = [path.stat() for path in folder.iterdir()]
    # used data has its manifest touched, because every lookup reads all manifests
    used = max((max(s.st_mtime, s.st_atime) if kind != "data" else s.st_mtime for s in states), default=time.time())
    return folder.name, KINDS[kind], amount(_size(folder)), f"{duration(max(time.time() - used, 1))} ago"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


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
