"""The speed of a run: chooses the number of updates per engine call and estimates the remaining time."""

from __future__ import annotations

#: target seconds per engine call, which delay signals, the display and timed saves
CALL_SECONDS = 0.05
#: largest growth of a call, since the first calls are too short to measure well
GROWTH = 4
#: weight of the newest call in the displayed speed
NEWEST = 0.2


class Pace:
    """The measured speed of this process; no result depends on it."""

    def __init__(self) -> None:
        self.samples_per_second = 0.0
        self._evaluation_seconds = 0.0
        self._updates = 1

    def updates(self, left: int) -> int:
        """Number of updates in the next call, at most `left`."""
        return min(left, self._updates)

    def trained(self, *, updates: int, samples: int, seconds: float) -> None:
        """Record a call: its updates, samples and seconds."""
        rate = samples / max(seconds, 1e-9)
        weight = NEWEST if self.samples_per_second else 1.0
        self.samples_per_second += weight * (rate - self.samples_per_second)
        self._updates = max(1, min(GROWTH * self._updates, int(updates * CALL_SECONDS / max(seconds, 1e-9))))

    def evaluated(self, seconds: float) -> None:
        """Record the seconds of an evaluation."""
        self._evaluation_seconds = seconds

    def seconds_left(self, samples: int, epochs: int) -> float:
        """Estimated seconds for `samples` more samples and `epochs` evaluations."""
        return samples / max(self.samples_per_second, 1e-9) + epochs * self._evaluation_seconds
