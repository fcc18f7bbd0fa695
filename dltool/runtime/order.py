"""Which rows an epoch passes, in which order: what `order` and `draw` give a program, for who works ahead of one."""

from __future__ import annotations

import numpy as np

from dltool.data.signature import AliasTable
from dltool.kernels import records
from dltool.kernels.cpu import library
from dltool.runtime.memory import address


class EpochOrder:
    """The order of epochs over so many rows: that of the data, or a permutation for each epoch that follows the key.

    With an alias table rows are drawn by it instead, and some come more than once.
    """

    def __init__(self, rows: int, *, shuffle: bool, key: int, alias: AliasTable | None = None):
        self.kernel = "draw" if alias else "order"
        self._alias = alias  # whose addresses the kernel is given
        signed = key - 2**64 if key >= 2**63 else key
        tables = [address(alias.chances), 0, 0, 0, address(alias.others), 0, 0, 0] if alias else []
        attributes = [rows, signed] if alias else [rows, int(shuffle), signed, 0]
        self._arguments = np.array([*tables, 0, 0, 0, 0, *attributes], np.int64)
        self._place = len(tables) + records.ADDRESS

    def take(self, epoch: int, position: int, rows: np.ndarray) -> None:
        """Write the rows (n,) int64 at the positions from `position` on; after the last the first ones follow again."""
        arguments = self._arguments.copy()  # threads may ask at the same time
        arguments[self._place] = address(rows)
        step = np.zeros(records.STEP_FIELDS, np.int64)
        step[records.EPOCH], step[records.POSITION] = epoch, position
        library.function(self.kernel)(address(arguments), address(step), 0, len(rows))
