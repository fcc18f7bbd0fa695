"""The history of a run, read from its `metrics.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

#: largest number of step lines that are read, evenly spaced
MOST_STEPS = 3000

Line = Mapping[str, Any]


@dataclass(frozen=True)
class History:
    """The lines of a run, by kind."""

    steps: Sequence[Line]  # step, epoch, loss, lr
    epochs: Sequence[Line]  # epoch, step, train, validation, seconds
    end: Line  # reason, epoch, step, seconds; empty for a run that was cut off

    @property
    def seconds(self) -> float:
        """Spent on training and evaluating."""
        return self.end.get("seconds") or sum(line["seconds"] for line in self.epochs)

    @property
    def last_step(self) -> int:
        """Steps made, as far as is known."""
        lines = (*self.steps[-1:], *self.epochs[-1:], self.end)
        return max(line.get("step", 0) for line in lines)

    @property
    def updates(self) -> float | None:
        """Steps of an epoch; None before the first has ended."""
        return self.epochs[-1]["step"] / self.epochs[-1]["epoch"] if self.epochs else None

    def parts(self, metric: str) -> tuple[str, ...]:
        """The parts on which a metric was measured after each epoch."""
        return tuple(dict.fromkeys(part for part, name in self._measured if name == metric))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics measured after each epoch, loss first."""
        return tuple(dict.fromkeys(name for _, name in self._measured))

    @cached_property
    def _measured(self) -> list[tuple[str, str]]:
        """Part and name of every scalar metric."""
        return [
            (part, name)
            for line in self.epochs
            for part in ("train", "validation")
            for name, value in line.get(part, {}).items()
            if isinstance(value, float)
        ]


def read_history(path: Path) -> History:
    """The history in a file, of which the last line may be cut short; empty where there is none."""
    lines: dict[str, list[str]] = {"step": [], "epoch": [], "end": []}
    last = ""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                kind = next((kind for kind in lines if line.startswith(f'{{"kind": "{kind}"')), None)
                if kind and line.endswith("}\n"):
                    lines[kind].append(line)
                    last = kind
    except OSError:
        return History([], [], {})
    spacing = -(-len(lines["step"]) // MOST_STEPS) or 1
    return History(
        steps=[json.loads(line) for line in lines["step"][::spacing]],
        epochs=[json.loads(line) for line in lines["epoch"]],
        end=json.loads(lines["end"][-1]) if last == "end" else {},
    )
