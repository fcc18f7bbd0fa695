"""Events that the trainer sends to its listener; `cli` decides what to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """Some steps are done: one call of the engine."""

    epoch: int  # the current one, from 1
    update: int  # updates done in this epoch
    updates: int  # in an epoch
    step: int  # updates done in total
    loss: float  # mean over these steps
    learning_rate: float
    samples_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is done and evaluated."""

    line: dict[str, Any]  # as written to metrics.jsonl
    best: bool  # the best so far


@dataclass(frozen=True)
class RateLowered:
    """The plateau schedule has lowered the learning rate."""

    multiplier: float  # of the learning rate in the config

    @property
    def text(self) -> str:
        """The event as a message."""
        return f"plateau: the learning rate is now multiplied by {self.multiplier:g}"


@dataclass(frozen=True)
class Warned:
    """A warning for the user, shown even when little else is."""

    text: str


Event = Progress | EpochEnded | RateLowered | Warned
Listener = Callable[[Event], None]
