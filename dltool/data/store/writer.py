"""Writing a store completely or not at all, if the disk has room for it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from dltool.caching import cache_root, working_folder
from dltool.config.amounts import amount
from dltool.data.samples.samples import AliasTable, Samples
from dltool.data.store.folder import Store, publish, records_of, write_alias, write_manifest
from dltool.data.store.records import RecordLayout
from dltool.errors import Problem, RunError

#: what is left free for others on the disk that a store goes to
SPARE_BYTES = 64 << 20


@dataclass(frozen=True)
class StoreWriter:
    """A store in the making."""

    key: str
    folder: Path
    layout: RecordLayout
    rows: Mapping[str, int]  # by part
    files: Mapping[str, FileIO]  # likewise

    @property
    def bytes(self) -> int:
        """Size of all records."""
        return sum(self.rows.values()) * self.layout.bytes

    def append(self, part: str, samples: Samples) -> None:
        """Write the next samples of a part."""
        left = self.layout.pack(samples).view(np.uint8).data
        with _explained(self.bytes):
            while left:
                left = left[self.files[part].write(left) :]

    def finish(self, about: Mapping[str, Any], aliases: Mapping[str, AliasTable]) -> Store:
        """Give the store its name, once all of it is on the disk; `about` is kept with it as JSON."""
        with _explained(self.bytes):
            for file in self.files.values():
                os.fsync(file.fileno())
            for part, alias in aliases.items():
                write_alias(self.folder, part, alias)
            write_manifest(self.folder, self.layout, self.rows, about)
            return publish(self.folder, self.key)


@contextmanager
def writing(key: str, layout: RecordLayout, rows: Mapping[str, int]) -> Iterator[StoreWriter]:
    """A writer for these numbers of rows of each part; unless it finishes, its files are removed.

    Raises RunError where the disk has no room for them.
    """
    size = sum(rows.values()) * layout.bytes
    with ExitStack() as stack:
        with _explained(size):
            folder = stack.enter_context(working_folder(f"data-{key}"))
            if shutil.disk_usage(folder).free < size + SPARE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            # unbuffered: closing must not write again after the disk was full
            files = {part: stack.enter_context(FileIO(records_of(folder, part), "w")) for part in rows}
        yield StoreWriter(key, folder, layout, rows, files)


@contextmanager
def _explained(size: int) -> Iterator[None]:
    """Turns errors of the file system into one line with advice; `size` is the number of bytes to write."""
    try:
        yield
    except OSError as error:
        root = cache_root()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message = (
                f"the disk is too full for the prepared data, {amount(size)}; make room, set XDG_CACHE_HOME to a folder"
                f" on a larger disk, or keep the data in memory: data.memory: {amount(size + size // 10)}"
            )
        else:
            message = f"cannot be written: {error.strerror}; set XDG_CACHE_HOME to another folder"
        raise RunError(Problem(message, where=str(error.filename or root))) from None
