"""Exported files: whole, or not there at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from dltool.errors import InputError, Problem, RunError


def require_place(path: Path) -> None:
    """Raises InputError where no file can be made at a path."""
    if path.is_dir():
        raise InputError(Problem("is a folder; name a file in it", str(path)))
    if not path.parent.is_dir():
        raise InputError(Problem("there is no such folder; make it first", str(path.parent)))


def write_file(path: Path, content: bytes) -> None:
    """Replace a file by another content at once; raises RunError, and leaves what was there, if that fails."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError as error:
        raise RunError(Problem(f"cannot be written: {error.strerror}", str(path))) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
