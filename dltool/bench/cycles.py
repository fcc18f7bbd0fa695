"""Counting the processor's cycles in every op of a step, on a copy of the network that the timings leave alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dltool.bench.arrays import network_arrays
from dltool.bench.stretches import Stretches
from dltool.bench.work import flops
from dltool.ops.graph import Node
from dltool.program.initial import initial_values
from dltool.runtime.runner import Runner
from dltool.runtime.state import State
from dltool.runtime.team import Team
from dltool.training.job import Job


class CycleCount:
    """A second runner of a job's training network, with state and threads of its own."""

    def __init__(self, job: Job, stretches: Stretches):
        program = job.network.program
        self._stretches, self._samples = stretches, job.layout.update_size
        self._state = State([program])
        self._state.write(dict(initial_values(program.graph.values.values(), job.experiment.train.seed)))
        data = network_arrays(job.network, job.dataset.parts["train"])
        self._runner = Runner(job.network, self._state, data, Team(job.engine.threads))
        self._done = 0

    def run(self, seconds: float, *, most_updates: int) -> Mapping[str, Any]:
        """Cycles of all threads by op, and those spent waiting; the runner is called for `most_updates` at a time."""
        # short calls are not counted: in those, threads wait for each other to wake up
        updates = 1
        while self._call(updates, timed=False) < seconds / 4 and updates < most_updates:
            updates = min(2 * updates, most_updates)
        spent = 0.0
        while spent < seconds:
            spent += self._call(updates, timed=True)
        nodes, cycles = self._runner.table.nodes, self._runner.table.ticks.sum(axis=0).tolist()
        ops = [self._told(node, count) for node, count in zip(nodes, cycles, strict=False)]
        return {"ops": ops, "waiting": sum(cycles[len(nodes) :])}

    def _call(self, updates: int, *, timed: bool) -> float:
        """The seconds that so many further updates take."""
        plan = self._stretches.plan(self._done, updates)
        started = time.perf_counter()
        self._runner.run(plan, collect=False, timed=timed)
        self._done += updates
        return time.perf_counter() - started

    def _told(self, node: Node, cycles: int) -> Mapping[str, Any]:
        return {
            "layer": node.layer,
            "part": node.part,
            "op": " + ".join(part.op.yaml_name for part in (node, *node.epilogue)),
            "cycles": cycles,
            "flops": flops(node, self._samples),
        }
