"""The fast runner: programs bound to memory, executed step after step outside Python on a team of threads."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from dltool.kernels import records
from dltool.kernels.cpu import library
from dltool.ops.op import Report
from dltool.program.program import Program
from dltool.runtime.binding import Buffers, Table
from dltool.runtime.memory import address
from dltool.runtime.plan import StepPlan, StepResult
from dltool.runtime.state import State
from dltool.runtime.team import Team

_LOOP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class Runner:
    """One program on one part of the data."""

    def __init__(
        self,
        program: Program,
        state: State,
        data: Mapping[str, np.ndarray],
        team: Team,
        instead: Mapping[str, str] | None = None,
        *,
        arena: np.ndarray | None = None,
    ):
        self._rows, self._team = program.rows, team
        self._width = sum(node.outputs[0].spec.size for node in program.nodes if node.op.reports is Report.OUTPUTS)
        self._buffers = Buffers(data, instead=instead or {})
        self._make_room(steps=1, samples=1)
        self.table = Table(program, state, self._buffers, team.size, arena)
        self._loop = _LOOP(library.address(library.RUN_STEPS))

    def attach(self, data: Mapping[str, np.ndarray]) -> None:
        """Go on with other data."""
        self._buffers.data = data
        self.table.rebind()

    def run(self, plan: StepPlan, *, collect: bool, timed: bool = False) -> StepResult:
        """Run the micro-batches of a plan; `timed` adds up cycles in the table's ticks."""
        self.load(plan, collect=collect, timed=timed)
        self.go(0, len(plan))
        return self.result()

    def load(self, plan: StepPlan, *, collect: bool, timed: bool = False) -> None:
        """Get ready to run the micro-batches of a plan."""
        if plan.rows.max(initial=0) > self._rows:
            raise ValueError(f"batches of {plan.rows.max()} samples in a program for {self._rows}")
        self._steps, self._scalars = _encode(plan, collect=collect)  # the table holds addresses of both
        self._collect, samples = collect, int(plan.rows.sum()) if collect else 0
        self._samples = samples
        if self._make_room(len(plan), samples):
            self.table.rebind()
        self.table.plan(self._steps, timed=timed)

    def go(self, first: int, last: int, stages: tuple[int, int] | None = None) -> None:
        """Run the micro-batches from `first` to before `last` of the plan, or some of their stages."""
        header = self.table.header if stages is None else self.table.part(*stages)
        place = address(header)
        self._team.run(lambda thread: self._loop(place, thread, first, last))

    def result(self) -> StepResult:
        """What the micro-batches of the plan gave."""
        losses = self._buffers.reports[Report.LOSS][: len(self._steps)].copy()
        outputs = self._buffers.reports[Report.OUTPUTS][: self._samples * self._width]
        collected = outputs.reshape(self._samples, self._width).copy() if self._collect else None
        return StepResult(losses, collected)

    def _make_room(self, steps: int, samples: int) -> bool:
        """Whether the buffers for losses and outputs had to grow."""
        reports = self._buffers.reports
        needs = {Report.LOSS: steps, Report.OUTPUTS: samples * self._width}
        short = [name for name, size in needs.items() if name not in reports or reports[name].size < size]
        for name in short:
            reports[name] = np.zeros(needs[name] * 3 // 2, np.float32)
        return bool(short)


def _encode(plan: StepPlan, *, collect: bool) -> tuple[np.ndarray, Any]:
    """The plan as step records, and the scalars that they point to."""
    scalars = np.ascontiguousarray(plan.scalars, np.float32)
    steps = np.zeros((len(plan), records.STEP_FIELDS), np.int64)
    steps[:, records.STEP] = plan.step
    steps[:, records.EPOCH] = plan.epoch
    steps[:, records.POSITION], steps[:, records.ORIGIN] = plan.position, plan.origin
    steps[:, records.BATCH], steps[:, records.PRECEDING] = plan.rows, plan.preceding
    steps[:, records.SCALE] = plan.scale.astype(np.float64).view(np.int64)
    steps[:, records.SCALARS] = address(scalars) + np.arange(len(plan)) * scalars.strides[0]
    steps[:, records.NUMBER], steps[:, records.COUNT] = plan.number, plan.count
    steps[:, records.FLAGS] = plan.update * records.UPDATE + collect * records.COLLECT
    steps[:, records.SLOT] = np.arange(len(plan))
    steps[:, records.COLLECTED] = np.cumsum(plan.rows) - plan.rows
    return steps, scalars
