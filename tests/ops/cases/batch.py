"""Rows of the data that make a batch, and outputs that leave it."""

from __future__ import annotations

from .case import ROW_NUMBERS, ROWS_OF_DATA, Case, fixed, resident, rows


def _batches() -> list[Case]:
    return [
        Case("order", (), {"shuffle": 1, "key": 5}),
        Case("order", (), {"shuffle": 1, "key": 2**64 - 3}),
        Case("order", ()),
        Case("stream_order", (), {"streams": 3}),
        Case("gather", (resident(2, 3), ROW_NUMBERS)),
        Case("gather_scaled", (resident(2, 3, dtype="uint8", high=256), ROW_NUMBERS, fixed(3), fixed())),
        Case("draw", (resident(high=1), resident(dtype="int32", high=ROWS_OF_DATA)), {"key": 9 << 40}),
        Case("gather_labels", (resident(dtype="int64", high=10), ROW_NUMBERS)),
        Case("gather_targets", (resident(2), ROW_NUMBERS)),
        Case("collect", (rows(2, 3),)),
    ]


CASES = _batches()
