"""Reading stored samples: consecutive rows of a part, without taking more memory than these."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from dltool.data.samples.samples import AliasTable, Samples
from dltool.data.store.records import RecordLayout
from dltool.errors import Problem, RunError

#: approximate bytes of records in memory in addition to the samples
BLOCK_BYTES = 4 << 20


class StoredSamples:
    """The samples of one part in a file, which stays open and readable even if it is removed."""

    def __init__(self, path: Path, layout: RecordLayout, rows: int, alias: AliasTable | None = None):
        self.path, self.layout, self._rows = path, layout, rows
        self.alias = alias  # where rows are not drawn equally often
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process of the machine opens the file itself."""
        return StoredSamples, (self.path, self.layout, self._rows, self.alias)

    def __len__(self) -> int:
        return self._rows

    def rows(self, low: int, high: int) -> Samples:
        """The samples from `low` to before `high`."""
        high = min(high, self._rows)
        samples, step = self.layout.empty(high - low), max(1, BLOCK_BYTES // self.layout.bytes)
        records = np.empty(min(step, high - low), self.layout.dtype)
        for start in range(low, high, step):
            block = records[: high - start]
            self.read(start, block.view(np.uint8))
            self.layout.unpack(block, samples.rows(start - low, start - low + len(block)))
        return samples

    def read(self, low: int, buffer: np.ndarray) -> None:
        """Fill a buffer (n,) uint8 with whole records from row `low` on; raises RunError where the file gives fewer."""
        start, done = low * self.layout.bytes, 0
        while done < len(buffer):
            try:
                count = os.preadv(self._file, [buffer[done:].data], start + done)
            except OSError as error:
                raise RunError(Problem(f"cannot be read: {error.strerror}", where=str(self.path))) from None
            if not count:
                message = "was cut short while it was read; start again to prepare it again"
                raise RunError(Problem(message, where=str(self.path)))
            done += count
