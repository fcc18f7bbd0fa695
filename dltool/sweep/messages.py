"""What a sweep and its workers say to each other, over a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dltool.errors import Problem
from dltool.sweep.study import Ended


@dataclass(frozen=True)
class Look:
    """To a worker: open the data and the network, without training, and say whether that works."""

    config: Mapping[str, Any]  # resolved
    folders: Sequence[str]  # base folders of relative paths


@dataclass(frozen=True)
class Train:
    """To a worker: run a trial, from its last checkpoint if there is one."""

    config: Mapping[str, Any]
    folders: Sequence[str]
    root: str  # directory of the trial's run


@dataclass(frozen=True)
class Reply:
    """To a worker: whether the trial goes on after the epoch that it has told of."""

    prune: bool


@dataclass(frozen=True)
class Stop:
    """To a worker: save the trial and stop it."""


@dataclass(frozen=True)
class Looked:
    """From a worker: what there is to train."""

    rows: Mapping[str, int]  # by part
    parameters: int
    notes: Sequence[str]
    warnings: Sequence[str]


@dataclass(frozen=True)
class Epoch:
    """From a worker: an epoch has ended; it waits for a `Reply`."""

    epoch: int
    value: float  # of the monitored metric


@dataclass(frozen=True)
class Done:
    """From a worker: a trial has ended; None if it was stopped and can go on."""

    ended: Ended | None


@dataclass(frozen=True)
class Failed:
    """From a worker: a task cannot be done, for a reason that lies in its config or data."""

    problems: Sequence[Problem]


@dataclass(frozen=True)
class Broken:
    """From a worker: no task can be done now: the disk is full, or dltool is at fault."""

    problems: Sequence[Problem]
    exit_code: int = field(default=1)
