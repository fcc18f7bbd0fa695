"""How a run went, as its `metrics.jsonl` tells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: lines of steps that are looked at, evenly spaced; a curve does not show more
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
        return max((line["step"] for line in (*self.steps[-1:], *self.epochs[-1:], self.end) if line), default=0)

    @property
    def updates(self) -> float | None:
        """Steps of an epoch; None before the first has ended."""
        return self.epochs[-1]["step"] / self.epochs[-1]["epoch"] if self.epochs else None

    def parts(self, figure: str) -> tuple[str, ...]:
        """The parts that a figure was measured on after each epoch."""
        measured = self.epochs[-1] if self.epochs else {}
        return tuple(part for part in ("train", "validation") if isinstance(measured.get(part, {}).get(figure), float))

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that were measured after each epoch, the loss first."""
        lines = [line.get(part, {}) for line in self.epochs[-1:] for part in ("train", "validation")]
        return tuple(dict.fromkeys(name for line in lines for name, value in line.items() if isinstance(value, float)))


def read_history(path: Path) -> History:
    """The history in a file, of which the last line may be cut short; empty where there is none."""
    lines: dict[str, list[str]] = {"step": [], "epoch": [], "end": []}
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                kind = next((kind for kind in lines if line.startswith(f'{{"kind": "{kind}"')), None)
                if kind and line.endswith("}\n"):
                    lines[kind].append(line)
                    last = kind
    except OSError:
        return History([], [], {})
    steps, epochs = lines["step"], lines["epoch"]
    steps = steps[:: -(-len(steps) // MOST_STEPS) or 1]
    ended = lines["end"][-1:] if lines["end"] and last == "end" else []
    return History([json.loads(line) for line in steps], [json.loads(line) for line in epochs], *map(json.loads, ended or ["{}"]))
