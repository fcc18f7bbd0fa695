"""Measures how fast processes train, in alternating rounds, so that load on the machine affects all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from dltool.bench.process import Process

ROUNDS = 7
ROUND_SECONDS = 0.25
#: seconds for the threads of the previous process to stop spinning
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Speed:
    """Medians over the rounds of one process."""

    samples_per_s: float
    ms_per_step: float
    spread: float  # between the slowest and the fastest round, as a share of the median

    @property
    def steps_per_s(self) -> float:
        """Updates per second."""
        return 1000 / self.ms_per_step


def alternate(processes: Mapping[str, Process], report: Callable[[str], None]) -> dict[str, Speed]:
    """Measure the speed of each process; only one runs at a time."""
    for process in processes.values():
        process.ask("measure", seconds=ROUND_SECONDS)  # warm-up: fills caches and estimates the steps per round
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in processes}
    for number in range(1, ROUNDS + 1):
        report(f"round {number} of {ROUNDS}")
        for name, process in processes.items():
            time.sleep(PAUSE_SECONDS)
            rounds[name].append(process.ask("measure", seconds=ROUND_SECONDS))
    return {name: _speed(answers) for name, answers in rounds.items()}


def _speed(rounds: Sequence[Mapping[str, float]]) -> Speed:
    rates = [answer["samples"] / answer["seconds"] for answer in rounds]
    steps = [1000 * answer["seconds"] / answer["updates"] for answer in rounds]
    return Speed(median(rates), median(steps), (max(rates) - min(rates)) / median(rates))
