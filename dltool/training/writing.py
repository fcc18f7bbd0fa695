"""Files that are written whole or not at all, and whether they can be, told before the work begins."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from dltool.errors import InputError, Problem, RunError

_UNFINISHED = ".dltool-"


def require_place(path: Path) -> None:
    """Raises InputError where no file can be made at a path."""
    folder = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if path.is_dir():
        raise InputError(Problem("is a folder; name a file in it", str(path)))
    if path.exists() and not path.is_file():
        raise InputError(Problem("exists and is not a file", str(path)))
    if not folder.is_dir():
        message = "is a file, not a folder" if folder.exists() else "there is no such folder; make it first"
        raise InputError(Problem(message, str(folder)))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(Problem("you have no permission to write into this folder", str(folder.absolute())))


def require_page(path: Path) -> None:
    """Raises InputError where no HTML page can be made at a path."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(Problem("the page is written as HTML; choose a name that ends in .html", str(path)))
    require_place(path)


def is_unfinished(path: Path) -> bool:
    """Whether a file was being written by `write_whole` when its process was killed."""
    return path.name.startswith(_UNFINISHED) and path.suffix == ".tmp"


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file at once; raises RunError, and leaves what was there, if that fails.

    Bytes of file names that are not text are escaped in texts as in JSON and YAML.
    """
    target = Path(os.path.realpath(path))  # a symbolic link stays one
    temporary = target.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}.tmp")  # others may write the same file now
    try:
        with temporary.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.encode(errors="backslashreplace"))
            file.flush()
            if target.exists():
                os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise RunError(Problem(f"cannot be written: {error.strerror}", str(path))) from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
