"""The files that data comes from: a digest of their content, and whether they have changed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from dltool.errors import InputError, Problem

#: called with the current activity, and the share that is done if known
Watch = Callable[[str, float | None], None]

_READ_BYTES = 4 << 20
#: a file changed so recently may change again with the same timestamp
_DOUBTFUL_NS = 2_000_000_000


class Origin:
    """Some files, as they are when they are first looked at."""

    def __init__(self, list_files: Callable[[], Sequence[Path]], watch: Watch):
        self._list_files, self._watch = list_files, watch
        self._looked_at = 0

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, *_ in self.states)

    @cached_property
    def states(self) -> list[list[int]]:
        """Size, device, inode and times of last change of each file."""
        self._looked_at = time.time_ns()
        return [_state(path) for path in self._files]

    @property
    def stable(self) -> bool:
        """Whether equal states later on mean equal content."""
        return all(max(state[-2:]) < self._looked_at - _DOUBTFUL_NS for state in self.states)

    def require_unchanged(self) -> None:
        """Raises InputError for a file that has changed since."""
        for path, state in zip(self._files, self.states, strict=True):
            if _state(path) != state:
                raise InputError(Problem("was changed while it was read; start again", where=str(path)))

    @cached_property
    def content(self) -> str:
        """A digest of the content of all files, which reads them."""
        digest, total, done = hashlib.sha256(), max(1, self.size), 0
        block = memoryview(bytearray(_READ_BYTES))
        for path, (size, *_) in zip(self._files, self.states, strict=True):
            digest.update(size.to_bytes(8, "little"))
            with path.open("rb", buffering=0) as file:
                while count := file.readinto(block):
                    digest.update(block[:count])
                    done += count
                    self._watch(f"comparing {path.name} with what was prepared before", done / total)
        return digest.hexdigest()

    @cached_property
    def _files(self) -> Sequence[Path]:
        return self._list_files()


def _state(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]
