"""Calendar features of a time: hour, weekday, day and month, each as sine and cosine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

Cycle = Literal["hour", "weekday", "day", "month"]

#: by name: how far each time (n,) is through its cycle, from 0 to 1
_SHARES: Mapping[Cycle, Callable[[np.ndarray], np.ndarray]] = {
    "hour": lambda times: _elapsed(times, "D") / np.timedelta64(24, "h"),
    "weekday": lambda times: (times.astype("datetime64[D]").astype(np.int64) + 3) % 7 / 7,  # 1970-01-01: a Thursday
    "day": lambda times: _elapsed(times, "M") // np.timedelta64(1, "D") / 31,
    "month": lambda times: times.astype("datetime64[M]").astype(np.int64) % 12 / 12,
}


def calendar_names(cycles: Sequence[Cycle]) -> list[str]:
    """The names of the columns of `calendar`."""
    return [f"{cycle} {function}" for cycle in cycles for function in ("sine", "cosine")]


def calendar(times: np.ndarray, cycles: Sequence[Cycle]) -> np.ndarray:
    """The sine and the cosine of each cycle (n, 2 · cycles) at times (n,) datetime64."""
    angles = np.stack([2 * np.pi * _SHARES[cycle](times) for cycle in cycles], axis=1)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(times), -1)


def _elapsed(times: np.ndarray, since: Literal["D", "M"]) -> np.ndarray:
    """The time since the day or the month began."""
    return times - times.astype(f"datetime64[{since}]").astype(times.dtype)
