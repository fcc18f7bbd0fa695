"""When a run is saved: after epochs, after some minutes, and at its end, but not so often that it slows training."""

from __future__ import annotations

import time
from collections.abc import Callable

from dltool.distributed.ranks import ALONE, Ranks
from dltool.training.checkpoint import Checkpoint
from dltool.training.divergence import check_arrays
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import save

#: shortest time between saves: in seconds, and as a multiple of the time that a save takes
SHORTEST_INTERVAL = 2.0
INTERVAL_PER_COST = 10.0


class Keeper:
    """Writes the checkpoints of one run: `snapshot` returns its current state, `before` is called before each save.

    All ranks keep together; rank 0 decides when, and writes.
    """

    def __init__(
        self,
        run: RunDirectory,
        snapshot: Callable[[], Checkpoint],
        *,
        before: Callable[[], None],
        minutes: float,
        ranks: Ranks = ALONE,
    ):
        self._run, self._snapshot, self._before, self._ranks = run, snapshot, before, ranks
        self._longest_interval = 60 * minutes
        self._interval = SHORTEST_INTERVAL
        self._best: Checkpoint | None = None  # not on disk yet
        self._saved_at = time.monotonic()
        self._up_to_date = False

    def within_epoch(self) -> None:
        """Call after steps within an epoch: saves if the last save is long ago."""
        self._up_to_date = False
        if self._due(self._longest_interval):
            self._save(self._snapshot())

    def after_epoch(self, *, best: bool) -> None:
        """Call after an epoch: saves unless the last save is very recent; keeps the best state until it is written."""
        self._up_to_date = False
        due = self._due(min(self._interval, self._longest_interval))
        if best or due:
            state = self._snapshot()
            if best:
                self._best = state if due or not self._ranks.writes else state.frozen()
            if due:
                self._save(state)

    def finish(self) -> None:
        """Save what is not on disk yet."""
        if not self._up_to_date:
            self._save(self._snapshot())

    def _due(self, interval: float) -> bool:
        return self._ranks.told(time.monotonic() - self._saved_at >= interval)

    def _save(self, state: Checkpoint) -> None:
        started = time.monotonic()
        check_arrays(state.arrays)
        if self._ranks.writes:
            self._before()
            if self._best is not None:
                save(self._best, self._run.best)
            save(state, self._run.last)
        self._best = None
        self._saved_at = time.monotonic()
        self._interval = max(SHORTEST_INTERVAL, INTERVAL_PER_COST * (self._saved_at - started))
        self._up_to_date = True
