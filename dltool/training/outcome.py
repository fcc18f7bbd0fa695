"""How a training ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: why it ended, and what it reached."""

    reason: str  # finished, early_stopping, signal
    epochs: int
    steps: int
    seconds: float
    metrics: dict[str, dict[str, Any]]  # loss and metrics by part, of the checkpoint named below
    metrics_epoch: int  # the epoch that the metrics belong to: the best one
    positive_class: dict[str, str]  # by the name of each metric that describes one class
    best: dict[str, Any] | None  # epoch, monitor, value; None if no epoch has ended, or the metric was never defined
    baselines: dict[str, dict[str, float]]  # metrics of simpler models on the test part, else the validation part
    remark: str  # about a baseline that beats the network
    checkpoint: Path
