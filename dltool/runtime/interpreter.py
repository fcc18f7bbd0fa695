"""The reference interpreter: the same graph through the NumPy kernels, one op at a time, in any float type.

It is the oracle of the fast runner and what `--debug` trains with: every node's result is checked for NaN and
infinity, and the first bad one is reported by layer and op. Set a breakpoint in `_run_node` to look at values.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import RunError
from dltool.kernels.reference import find
from dltool.ops.graph import Graph, Node
from dltool.ops.op import Report, StepRecord
from dltool.program.building import Network
from dltool.runtime.plan import StepPlan, StepResult


class Interpreter:
    """One network on one part of the data, with state as logical arrays by name."""

    def __init__(
        self,
        network: Network,
        state: dict[str, np.ndarray],
        data: Mapping[str, np.ndarray],
        instead: Mapping[str, str] | None = None,
    ):
        self._network, self._state, self._data = network, state, data
        self._instead = instead or {}
        reports = {node.op.reports: node.outputs[0].name for node in network.graph.nodes if node.op.reports}
        self._loss = reports.get(Report.LOSS)

    def attach(self, data: Mapping[str, np.ndarray]) -> None:
        """Go on with other data."""
        self._data = data

    def run(self, plan: StepPlan, *, collect: bool) -> StepResult:
        """Run the micro-batches of a plan."""
        losses = np.zeros(len(plan), np.float32)
        outputs = []
        for i in range(len(plan)):
            values = self.step(_record(plan, i), update=bool(plan.update[i]))
            if self._loss:
                losses[i] = values[self._loss]
            if collect:
                outputs.append(values[self._network.output.name].reshape(int(plan.rows[i]), -1))
        return StepResult(losses, np.concatenate(outputs).astype(np.float32) if collect else None)

    def step(self, step: StepRecord, *, update: bool) -> dict[str, np.ndarray]:
        """Every value of one micro-batch by name; the state is moved on."""
        graph = self._network.graph
        swapped = {name: self._state[other] for name, other in self._instead.items()}
        values = run_graph(graph, {**self._data, **self._state, **swapped}, step, update=update)
        for value in graph.values.values():
            if value.role == "memory" or (graph.training and value.role in ("parameter", "state", "total")):
                self._state[value.name] = values[value.name]
        return values


def run_graph(
    graph: Graph, arrays: Mapping[str, np.ndarray], step: StepRecord, *, update: bool = True
) -> dict[str, np.ndarray]:
    """Every value of a graph by name, from those of its data, state and constants."""
    values = dict(arrays)
    for value in graph.values.values():
        if value.role == "total" and value.name not in values:
            values[value.name] = np.zeros(value.shape, np.float32)
    for node in graph.nodes:
        if update or not node.per_update:
            _run_node(node, values, step)
    return values


def _run_node(node: Node, values: dict[str, np.ndarray], step: StepRecord) -> None:
    attributes = {**node.attributes, **node.op.data_attributes(node, values)}
    if node.op.uses_step:
        attributes["step"] = step
    inputs = [values[value.name] for value in node.inputs]
    with np.errstate(all="ignore"):
        results = find(node.op.yaml_name)(*inputs, **attributes)
    written = (*node.outputs, *node.updated)
    for value, array in zip(written, results if isinstance(results, tuple) else (results,), strict=True):
        if not np.isfinite(array).all():
            raise RunError(_not_finite(node, array, inputs, step))
        values[value.name] = array


def _not_finite(node: Node, array: np.ndarray, inputs: list[np.ndarray], step: StepRecord) -> str:
    bad = int((~np.isfinite(array)).sum())
    ranges = "; ".join(
        f"{value.name} {list(given.shape)} in [{given.min():.4g}, {given.max():.4g}]"
        for value, given in zip(node.inputs, inputs, strict=True)
        if given.size
    )
    return (
        f"step {step.step + 1}: {node.op.yaml_name} of layer '{node.layer}' ({node.part}) made {bad} of {array.size} "
        f"numbers NaN or infinite, from {ranges}"
    )


def _record(plan: StepPlan, i: int) -> StepRecord:
    return StepRecord(
        step=int(plan.step[i]),
        epoch=int(plan.epoch[i]),
        position=int(plan.position[i]),
        rows=int(plan.rows[i]),
        scale=float(plan.scale[i]),
        scalars=tuple(float(number) for number in plan.scalars[i]),
        number=int(plan.number[i]),
        count=int(plan.count[i]),
        origin=int(plan.origin[i]),
        preceding=int(plan.preceding[i]),
    )
