"""The cache: compiled kernels, and prepared data that is too large for memory. Everything in it can be made again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_PREFIX = "unfinished-"
#: a folder younger than this may belong to a process that is about to lock it
_YOUNG_SECONDS = 60.0


def cache_root() -> Path:
    """The cache folder, which may not exist yet: in $XDG_CACHE_HOME, else in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dltool"


@contextmanager
def working_folder(name: str) -> Iterator[Path]:
    """A new, locked folder in the cache for unfinished files; what is left in it is removed at the end."""
    root = cache_root()
    root.mkdir(parents=True, exist_ok=True)
    remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-", dir=root))
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def read_sound(path: Path) -> bytes | None:
    """What `write_sound` wrote to a file; None if there is none, or it was cut short by a crash."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if checksum == _checksum(content) else None


def write_sound(path: Path, content: bytes) -> None:
    """Write a file in a folder, made if needed: a line with a checksum first. No process ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f"{_PREFIX}file-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_checksum(content) + b"\n" + content)
        Path(temporary).replace(path)
    except BaseException:  # Ctrl-C among them
        Path(temporary).unlink(missing_ok=True)
        raise


@cache
def warn_once(text: str) -> None:
    """Warn, but not for each file."""
    warnings.warn(text, stacklevel=3)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def remove_abandoned() -> None:
    """Remove the working folders of processes that were killed, and files that they had not finished."""
    for file in cache_root().glob(f"*/{_PREFIX}file-*"):
        with suppress(OSError):  # just finished, or owned by another user
            if time.time() - file.stat().st_mtime > _YOUNG_SECONDS:
                file.unlink()
    for folder in cache_root().glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue  # just removed, or owned by another user
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - folder.stat().st_mtime > _YOUNG_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # still in use
        finally:
            os.close(lock)
