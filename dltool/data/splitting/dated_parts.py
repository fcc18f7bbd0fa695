"""Parts of time series that begin at a date, as published comparisons give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dltool.config.data import Rows, SplitConfig
from dltool.data.readers.outline import TimeOrder
from dltool.data.tables.key_columns import moment, moment_of
from dltool.errors import InputError, Problem


def dated_parts(split: SplitConfig, parts: Sequence[str], time_order: TimeOrder | None) -> dict[str, np.ndarray]:
    """For each part with `since`, the samples (n,) whose targets are all between its date and that of the next part.

    Raises InputError for dates of samples without times, and for empty parts.
    """
    dates = {part: wish.since for part in parts if isinstance(wish := getattr(split, part), Rows) and wish.since}
    if not dates:
        return {}
    if not time_order or time_order.first is None or time_order.last is None:
        hint = "for a table: split: {time: COLUMN} with a share; for windows, name the column of times: time"
        raise InputError(Problem(f"'since' needs a time series with times; {hint}", path="data.split"))
    first, last = time_order.first, time_order.last
    starts = {part: moment_of(date, first, f"data.split.{part}.since") for part, date in dates.items()}
    found = {}
    for part, start in starts.items():
        inside = first >= start
        for later in starts.values():
            if later > start:
                inside &= last < later
        found[part] = np.flatnonzero(inside)
        if not len(found[part]):
            message = (
                f"no window has all its targets in this part; the first targets are at {moment(first.min())} to"
                f" {moment(first.max())}"
            )
            raise InputError(Problem(message, path=f"data.split.{part}.since"))
    return found


def earlier_than(split: SplitConfig, parts: Mapping[str, np.ndarray], time_order: TimeOrder | None) -> np.ndarray:
    """Which samples (rows,) have all their targets before each of these parts."""
    assert time_order is not None
    assert time_order.first is not None
    assert time_order.last is not None
    before = np.ones(len(time_order.last), bool)
    for part in parts:
        before &= time_order.last < moment_of(getattr(split, part).since, time_order.first, f"data.split.{part}.since")
    return before
