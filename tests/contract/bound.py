"""Any graph bound to the memory of the cpu kernels, which holds garbage before each run, and readable after it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from dltool.kernels.reference import find
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.op import Report, StepRecord
from dltool.program.layout import Layout
from dltool.program.program import Program, make_program
from dltool.program.sample_moments import sum_by_samples
from dltool.runtime.plan import StepPlan
from dltool.runtime.runner import Runner
from dltool.runtime.state import State
from dltool.runtime.team import Team

Arrays = dict[str, np.ndarray]

team = cache(Team)  # of so many threads; idle ones cost nothing


class Bound:
    """A graph in which every value is kept, for batches of up to `rows` samples."""

    def __init__(self, graph: Graph, arrays: Arrays, rows: int, threads: int, program: Program | None = None):
        self._arrays = arrays
        self.program = program or _planned(graph, rows)
        self._state = State([self.program])
        data = {name: array for name, array in arrays.items() if name == "target" or _is_data(graph, name)}
        self._runner = Runner(self.program, self._state, data, team(threads))

    def run(self, step: StepRecord) -> Arrays:
        """Every value by name after one step, from the given state and from memory full of NaN."""
        self._state.write(self._arrays)
        for value in self.program.memory.offsets:
            self._runner.table.value(value).view(np.uint8)[:] = 0xFF
        result = self._runner.run(plan_of(step), collect=True)
        values = {
            value.name: self._layout(value, step).unpack(self._stored(value, step)) for value in self._written(step)
        }
        for node in self.program.nodes:
            if node.op.reports is Report.LOSS:
                values[node.outputs[0].name] = result.losses[0]
            elif node.op.reports is Report.OUTPUTS:
                assert result.outputs is not None
                values[node.outputs[0].name] = result.outputs.reshape(step.rows, *node.outputs[0].shape)
        return values

    def padding(self, step: StepRecord) -> Arrays:
        """The lanes behind the last channel of each value written in the step that ran."""
        lanes: Arrays = {}
        for value in self._written(step):
            layout = self._layout(value, step)
            if value.shape and not layout.rowwise and layout.channels % 16:
                blocks = self._stored(value, step).reshape(-1, layout.stored_rows, 16)
                lanes[value.name] = blocks[-1, :, layout.channels % 16 :]
        return lanes

    def _written(self, step: StepRecord) -> list[Value]:
        return [*self.program.memory.offsets, *(value for node in self.program.nodes for value in node.updated)]

    def _layout(self, value: Value, step: StepRecord) -> Layout:
        """The layout of the rows that the step has."""
        layout = self.program.layouts[value]
        shape = (step.rows, *value.shape) if layout.batched else value.shape
        return Layout(shape, layout.dtype, layout.batched, layout.rowwise)

    def _stored(self, value: Value, step: StepRecord) -> np.ndarray:
        """The stored form, as if it were planned for the rows that the step has."""
        if value not in self.program.memory.offsets:
            return self._state.buffer(value.name)
        stored, layout, now = self._runner.table.value(value), self.program.layouts[value], self._layout(value, step)
        if layout.rowwise or not layout.batched:
            return stored
        return np.ascontiguousarray(stored.reshape(-1, layout.rows, 16)[:, : now.rows]).reshape(-1)


def _planned(graph: Graph, rows: int) -> Program:
    sum_by_samples(graph)
    made = [value for node in graph.nodes for value in node.outputs if not node.op.reports]
    return make_program(graph, rows, kept=made)


def by_reference(node: Node, inputs: Mapping[str, np.ndarray], step: StepRecord) -> Arrays:
    """What the reference kernel makes of a node's inputs, by the names of the values that the node writes."""
    attributes = {**node.attributes, **node.op.data_attributes(node, inputs)}
    if node.op.uses_step:
        attributes["step"] = step
    with np.errstate(all="ignore"):
        results = find(node.op.yaml_name)(*(_double(inputs[value.name]) for value in node.inputs), **attributes)
    results = results if isinstance(results, tuple) else (results,)
    return {value.name: array for value, array in zip((*node.outputs, *node.updated), results, strict=True)}


def plan_of(step: StepRecord) -> StepPlan:
    """A plan of one step."""
    return StepPlan(
        step=np.array([step.step]),
        epoch=np.array([step.epoch]),
        position=np.array([step.position]),
        origin=np.array([step.origin]),
        rows=np.array([step.rows]),
        preceding=np.array([step.preceding]),
        scale=np.array([step.scale], np.float32),
        number=np.array([step.number]),
        count=np.array([step.count]),
        update=np.array([True]),
        network=np.array([-1]),
        scalars=np.array([step.scalars or (0.0,)], np.float32),
    )


def _is_data(graph: Graph, name: str) -> bool:
    return name in graph.values and graph.values[name].role == "data"


def _double(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype == np.float32 else array
