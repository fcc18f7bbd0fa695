"""How fast a run goes: sizes the calls of the engine by the clock and says how long the rest will take."""

from __future__ import annotations

#: Seconds that one call of the engine should last: the longest wait of a signal, of the screen, of a timed save.
CALL_SECONDS = 0.05
#: How fast calls may grow, since the first ones are too short to be measured well.
GROWTH = 4
#: Weight of the newest call in the rate that is shown.
NEWEST = 0.2


class Pace:
    """Measured speed of this process; nothing that is computed depends on it."""

    def __init__(self) -> None:
        self.samples_per_second = 0.0
        self._evaluation_seconds = 0.0
        self._updates = 1

    def updates(self, left: int) -> int:
        """How many of the `left` updates of an epoch the next call should run."""
        return min(left, self._updates)

    def trained(self, *, updates: int, samples: int, seconds: float) -> None:
        """Learn from a call that trained on so many samples."""
        rate = samples / max(seconds, 1e-9)
        weight = NEWEST if self.samples_per_second else 1.0
        self.samples_per_second += weight * (rate - self.samples_per_second)
        self._updates = max(1, min(GROWTH * self._updates, int(updates * CALL_SECONDS / max(seconds, 1e-9))))

    def evaluated(self, seconds: float) -> None:
        """Learn how long the evaluation after an epoch takes."""
        self._evaluation_seconds = seconds

    def seconds_left(self, samples: int, epochs: int) -> float:
        """Time for so many samples more and the evaluation after so many epochs."""
        return samples / max(self.samples_per_second, 1e-9) + epochs * self._evaluation_seconds
