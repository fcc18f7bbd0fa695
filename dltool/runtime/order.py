"""Which rows an epoch takes, in which order: what the ops `order` and `draw` will give a program, known in advance."""

from __future__ import annotations

import numpy as np

from dltool.data.samples.samples import AliasTable
from dltool.kernels import records
from dltool.kernels.cpu import library
from dltool.ops.op import find_op
from dltool.runtime.kernels import kernel_of
from dltool.runtime.memory import address


class EpochOrder:
    """The order of each epoch over `rows` rows: that of the data, or a permutation that follows from the key.

    With an alias table rows are drawn by it instead, and some come more than once. With `streams`, each batch of that
    many rows continues the one before.
    """

    def __init__(self, rows: int, *, shuffle: bool, key: int, alias: AliasTable | None = None, streams: int = 0):
        self.kernel = kernel_of(find_op("stream_order" if streams else "draw" if alias else "order"))
        self._alias = alias  # whose addresses the kernel is given
        self._attributes = {"rows_total": rows, "shuffle": int(shuffle), "key": key}
        if streams:
            self._attributes = {"streams": streams, "length": rows // streams}

    def take(self, epoch: int, position: int, rows: np.ndarray) -> None:
        """Write the rows (n,) int64 at the positions from `position` on; the order starts again after the last row."""
        tables = (self._alias.chances, self._alias.others) if self._alias and "key" in self._attributes else ()
        operands = [(address(array), 0, 0, 0) for array in (*tables, rows)]
        assert self.kernel.record is not None
        record = np.array(self.kernel.record.encode(operands, self._attributes), np.int64)
        step = np.zeros(records.STEP_FIELDS, np.int64)
        step[records.EPOCH], step[records.POSITION] = epoch, position
        library.function(self.kernel)(address(record), address(step), 0, len(rows))
