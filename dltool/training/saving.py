"""Checkpoints on disk: a save either happens whole or leaves the one before it in place.

Temporary file in the same folder, flushed to disk; then the old file steps aside, the new one takes its name, the
folder is flushed, and the old one goes once the new one reads back whole. Loading falls back to what stepped aside.
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
    """Where a checkpoint stays while its successor is not yet proven."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Replace the checkpoint at `path`; raises `RunError` (disk full, say) with the old one still readable."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        _write_through(temporary, checkpoint)
        if path.exists() and not previous(path).exists():  # else `path` never proved itself: the older one stays
            os.replace(path, previous(path))
        os.replace(temporary, path)
        flush_folder(path.parent)
        verify(path)
        previous(path).unlink(missing_ok=True)
    except (OSError, InputError) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else str(error)
        kept = next((f"; the one before it is kept: {file}" for file in (path, previous(path)) if file.exists()), "")
        raise RunError(Problem(f"the checkpoint cannot be saved: {reason}{kept}", where=str(path))) from None


def load(path: Path, report: Callable[[str], None]) -> Checkpoint:
    """The checkpoint at `path`, else the one before it, and then `report` is told; raises `InputError` without any."""
    try:
        return decode(path)
    except InputError as error:
        if not previous(path).exists():
            raise
        checkpoint = decode(previous(path))
        report(f"{error}; using the one before it, {previous(path).name}")
        return checkpoint


def find(target: Path, names: tuple[str, ...] = (BEST, LAST)) -> Path:
    """The checkpoint that a file or a run directory stands for: the first of `names` that is there."""
    if not target.is_dir():
        return target
    for name in names:
        for folder in (target / "checkpoints", target):
            if (folder / name).exists() or previous(folder / name).exists():
                return folder / name
    message = f"no checkpoint in this directory ({' or '.join(names)}); a run has one after its first epochs"
    raise InputError(Problem(message, where=str(target)))


def write_whole(path: Path, text: str) -> None:
    """Replace a file of text, whole or not at all; raises `RunError` where that cannot be done.

    What is no text in the name of a file is written as JSON and YAML escape it.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        os.replace(temporary, path)
    except OSError as error:
        raise RunError(Problem(f"cannot be written: {error.strerror}", str(path))) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """Make renames in a folder last through a power cut."""
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
