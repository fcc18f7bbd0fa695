"""Checkpoints on disk: a save either succeeds completely or leaves the previous checkpoint in place.

A temporary file in the same folder is flushed to disk; the old file is renamed, the new one takes its name, the folder
is flushed, and the old file is deleted once the new one has been verified. Loading falls back to the renamed file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dltool.errors import InputError, Problem, RunError
from dltool.training.checkpoint import Checkpoint, decode, verify, write

LAST = "last.safetensors"
BEST = "best.safetensors"


def previous(path: Path) -> Path:
    """The name of a checkpoint until its successor has been verified."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Replace the checkpoint at `path`; on failure (a full disk) raises `RunError` and keeps the old one."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        _write_through(temporary, checkpoint)
        if path.exists() and not previous(path).exists():  # otherwise `path` was never verified
            os.replace(path, previous(path))
        os.replace(temporary, path)
        flush_folder(path.parent)
        verify(path)
        previous(path).unlink(missing_ok=True)
    except (OSError, InputError) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        kept = next((f"; the previous one is kept: {file}" for file in (path, previous(path)) if file.exists()), "")
        raise RunError(Problem(f"the checkpoint cannot be saved: {reason}{kept}", where=str(path))) from None


def load(path: Path, report: Callable[[str], None]) -> Checkpoint:
    """The checkpoint at `path`, else the previous one, with a note to `report`; raises `InputError` without either."""
    try:
        return decode(path)
    except InputError as error:
        if not previous(path).exists():
            raise
        checkpoint = decode(previous(path))
        report(f"{error}; using the previous one, {previous(path).name}")
        return checkpoint


def find(target: Path, names: tuple[str, ...] = (BEST, LAST)) -> Path:
    """The path of a checkpoint, given as a file or a run directory: the first of `names` that exists."""
    if not target.is_dir():
        return target
    for name in names:
        for folder in (target / "checkpoints", target):
            if (folder / name).exists() or previous(folder / name).exists():
                return folder / name
    message = f"no checkpoint in this directory ({' or '.join(names)}); a run saves one after its first epochs"
    raise InputError(Problem(message, where=str(target)))


def flush_folder(folder: Path) -> None:
    """Make renames in a folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_through(path: Path, checkpoint: Checkpoint) -> None:
    with path.open("wb") as file:
        write(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())
