"""Where dltool keeps what it can make again: compiled kernels, and prepared data that is too large for memory."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "unfinished-"
#: a folder younger than this may belong to a process that is just about to lock it
_YOUNG_SECONDS = 60.0


def cache_root() -> Path:
    """The folder of all that is kept, which need not exist: in $XDG_CACHE_HOME, else in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dltool"


@contextmanager
def working_folder(name: str) -> Iterator[Path]:
    """A new folder in the cache for what is not finished, locked; whatever is still there in the end is removed."""
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


def remove_abandoned() -> None:
    """Remove the working folders of processes that were killed."""
    for folder in cache_root().glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue  # just removed, or another user's
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - folder.stat().st_mtime > _YOUNG_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # at work
        finally:
            os.close(lock)
