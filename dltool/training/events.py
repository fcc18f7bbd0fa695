"""What the trainer tells whoever watches; what is shown of it, and how, is decided in `cli`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """A stretch of steps, about as long as a call of the engine, is done."""

    epoch: int  # the running one, from 1
    update: int  # updates done in this epoch
    updates: int  # in an epoch
    step: int  # updates done in all
    loss: float  # mean over the stretch
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

    multiplier: float  # of the rate that the config gives

    @property
    def text(self) -> str:
        """In words."""
        return f"plateau: the learning rate is now multiplied by {self.multiplier:g}"


@dataclass(frozen=True)
class Warned:
    """Something the user should know, however little is shown."""

    text: str


Event = Progress | EpochEnded | RateLowered | Warned
Listener = Callable[[Event], None]
