"""Counting the processor's cycles in every op of a step, apart from the timings, which counting would disturb."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dltool.bench.stretches import Stretches
from dltool.bench.work import flops
from dltool.ops.graph import Node
from dltool.runtime.plan import StepPlan
from dltool.training.job import Job


class CycleCount:
    """Trains a job further, a stretch at a time."""

    def __init__(self, job: Job, stretches: Stretches):
        self._engine, self._stretches, self._samples = job.engine, stretches, job.layout.update_size
        self._done = 0

    def run(self, seconds: float, *, most_updates: int) -> Mapping[str, Any]:
        """Cycles of all threads by op, and those spent waiting; the runner is called for `most_updates` at a time."""
        # short calls are not counted: in those, threads wait for each other to wake up
        updates = 1
        while self._seconds(updates) < seconds / 4 and updates < most_updates:
            updates = min(2 * updates, most_updates)
        end = time.perf_counter() + seconds
        nodes, ticks = self._engine.profile("train", self._plan(updates))
        while time.perf_counter() < end:
            nodes, ticks = self._engine.profile("train", self._plan(updates))
        cycles = ticks.sum(axis=0).tolist()
        ops = [self._told(node, count) for node, count in zip(nodes, cycles, strict=False)]
        return {"ops": ops, "waiting": sum(cycles[len(nodes) :])}

    def _seconds(self, updates: int) -> float:
        """What so many further updates take, uncounted."""
        plan = self._plan(updates)
        started = time.perf_counter()
        self._engine.train("train", plan, collect=False)
        return time.perf_counter() - started

    def _plan(self, updates: int) -> StepPlan:
        self._done += updates
        return self._stretches.plan(self._done - updates, updates)

    def _told(self, node: Node, cycles: int) -> Mapping[str, Any]:
        return {
            "layer": node.layer,
            "part": node.part,
            "op": " + ".join(part.op.yaml_name for part in (node, *node.epilogue)),
            "cycles": cycles,
            "flops": flops(node, self._samples),
        }
