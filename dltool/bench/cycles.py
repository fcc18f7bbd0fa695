"""Counts processor cycles per op of a step, in a run of its own because counting would disturb the timings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dltool.bench.step_plans import StepPlans
from dltool.bench.work import flops
from dltool.ops.graph import Node
from dltool.runtime.plan import StepPlan
from dltool.training.job import Job


class CycleCount:
    """Continues a job's training and counts cycles."""

    def __init__(self, job: Job, step_plans: StepPlans):
        self._engine, self._step_plans, self._samples = job.engine, step_plans, job.batching.update_size
        self._done = 0

    def run(self, seconds: float, *, most_updates: int) -> Mapping[str, Any]:
        """Cycles of all threads by op and in waiting; each call of the runner makes at most `most_updates` updates."""
        # short calls would mostly count threads waiting for each other to wake up
        updates = 1
        while self._seconds(updates) < seconds / 4 and updates < most_updates:
            updates = min(2 * updates, most_updates)
        end = time.perf_counter() + seconds
        nodes, ticks = self._engine.profile("train", self._plan(updates))
        while time.perf_counter() < end:
            nodes, ticks = self._engine.profile("train", self._plan(updates))
        cycles = ticks.sum(axis=0).tolist()
        ops = [self._entry(node, count) for node, count in zip(nodes, cycles, strict=False)]
        return {"ops": ops, "waiting": sum(cycles[len(nodes) :])}

    def _seconds(self, updates: int) -> float:
        """Seconds that the next `updates` updates take, without counting."""
        plan = self._plan(updates)
        started = time.perf_counter()
        self._engine.train("train", plan, collect=False)
        return time.perf_counter() - started

    def _plan(self, updates: int) -> StepPlan:
        self._done += updates
        return self._step_plans.plan(self._done - updates, updates)

    def _entry(self, node: Node, cycles: int) -> Mapping[str, Any]:
        return {
            "layer": node.layer,
            "part": node.part,
            "op": " + ".join(part.op.yaml_name for part in (node, *node.epilogue)),
            "cycles": cycles,
            "flops": flops(node, self._samples),
        }
