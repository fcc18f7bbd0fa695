"""One micro-batch as a function of JAX arrays: the graph that the reference interpreter runs, traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax import lax

from dltool.kernels.xla import find
from dltool.ops.graph import Graph, Node
from dltool.ops.op import Report, StepRecord
from dltool.program.pruning import prune
from dltool.runtime.plan import StepPlan

Arrays = dict[str, Any]

#: columns of a line of the plan, all of 32 bits: integers, then the scale, then the scalars of the optimizer
STEP, EPOCH, POSITION, ORIGIN, PRECEDING, COUNTED, NUMBER, COUNT, UPDATE, ORDER, SCALE, SCALARS = range(12)


@dataclass(frozen=True)
class TracedStep(StepRecord):
    """A step of which only the number of rows is known when it is compiled."""

    order: Any = None  # the rows of its epoch, if these are shuffled: int32 (n,)
    counted: Any = None  # how many rows count, if the batch is filled up


def encode(plan: StepPlan) -> np.ndarray:
    """A plan as int32 (micro-batches, columns); which of the orders at hand is its own is left open."""
    lines = np.zeros((len(plan), SCALARS + plan.scalars.shape[1]), np.int32)
    lines[:, STEP], lines[:, EPOCH], lines[:, POSITION] = plan.step, plan.epoch, plan.position
    lines[:, ORIGIN], lines[:, COUNTED], lines[:, UPDATE] = plan.origin, plan.rows, plan.update
    lines[:, NUMBER], lines[:, COUNT], lines[:, PRECEDING] = plan.number, plan.count, plan.preceding
    lines[:, SCALE] = plan.scale.astype(np.float32).view(np.int32)
    lines[:, SCALARS:] = np.ascontiguousarray(plan.scalars, np.float32).view(np.int32)
    return lines


@dataclass(frozen=True)
class Traced:
    """What a graph needs to be run as a function: its nodes, and the names of what these read, write and tell."""

    every: Sequence[Node]  # run in each micro-batch
    closing: Sequence[Node]  # run in the last one of an update
    changed: Sequence[str]  # state that nodes overwrite
    fixed: Sequence[str]  # state that nodes only read
    data: Sequence[str]
    loss: str | None
    output: str
    shuffle_key: int | None  # of the order of epochs, if rows are shuffled

    @classmethod
    def of(cls, graph: Graph) -> Traced:
        """The nodes of a graph whose results are needed."""
        reports = {node.op.reports: node.outputs[0] for node in graph.nodes if node.op.reports}
        nodes = prune(graph.nodes, reports.values())
        made = {value for node in nodes for value in node.outputs}
        read = dict.fromkeys(value for node in nodes for value in node.inputs if value not in made)
        changed = dict.fromkeys(value.name for node in nodes for value in node.updated)
        keys = [node.attributes["key"] for node in nodes if node.attributes.get("shuffle")]
        loss = reports.get(Report.LOSS)
        return cls(
            every=[node for node in nodes if not node.per_update],
            closing=[node for node in nodes if node.per_update],
            changed=list(changed),
            fixed=[v.name for v in read if v.role != "data" and v.name not in changed],
            data=list(dict.fromkeys(["target", *(v.name for v in read if v.role == "data")])),
            loss=loss.name if loss else None,
            output=reports[Report.OUTPUTS].name,
            shuffle_key=keys[0] if keys else None,
        )

    @property
    def description(self) -> str:
        """Everything that decides what is traced."""
        parts = [repr((self.changed, self.fixed, self.data, self.loss, self.output, self.shuffle_key))]
        for node in (*self.every, *self.closing):
            values = [(v.name, v.role, v.spec) for v in (*node.inputs, *node.outputs, *node.updated)]
            parts.append(repr((node.op.yaml_name, sorted(node.attributes.items()), node.part, node.per_update, values)))
        return "\n".join(parts)

    @property
    def ops(self) -> int:
        """How many ops a step has."""
        return len(self.every) + len(self.closing)


@dataclass(frozen=True)
class Shape:
    """What distinguishes compiled functions of one graph."""

    lines: int  # micro-batches in one call
    rows: int  # of each
    collect: bool  # whether outputs are wanted
    filled: bool  # whether batches are filled up with rows that do not count
    conditional: bool  # whether some micro-batches close no update


def stretch(traced: Traced, shape: Shape, shared: Callable[[Any], Any], *, unrolled: int = 1) -> Callable[..., Any]:
    """The function (changed, fixed, data, orders, lines) → (changed, losses, outputs) of some micro-batches.

    `orders` (epochs, n) are those of some epochs, `lines` come from `encode`; `shared` tells that a value of the batch
    is spread over devices; `unrolled` micro-batches are one turn of the loop.
    """

    def micro_batch(changed: Arrays, line: Any, fixed: Arrays, data: Arrays, orders: Any) -> Any:
        numbers: Any = lax.bitcast_convert_type(line, np.float32)
        step = TracedStep(
            step=line[STEP],
            epoch=line[EPOCH],
            position=line[POSITION],
            rows=shape.rows,
            scale=numbers[SCALE],
            scalars=tuple(numbers[i] for i in range(SCALARS, len(numbers))),
            number=line[NUMBER],
            count=line[COUNT],
            origin=line[ORIGIN],
            preceding=line[PRECEDING] if shape.conditional else 0,  # else each is an update of its own
            order=None if traced.shuffle_key is None else orders[line[ORDER]],
            counted=line[COUNTED] if shape.filled else None,
        )
        values = run_nodes(traced.every, {**data, **fixed, **changed}, step, shared)
        reports = values[traced.loss] if traced.loss else np.float32(0), values[traced.output]

        def close(changed: Arrays) -> Arrays:
            closed = run_nodes(traced.closing, {**values, **changed}, step, shared)
            return {name: closed[name] for name in changed}

        moved = {name: values[name] for name in changed}
        moved = lax.cond(line[UPDATE] > 0, close, lambda same: same, moved) if shape.conditional else close(moved)
        return moved, reports if shape.collect else reports[:1]

    def run(changed: Arrays, fixed: Arrays, data: Arrays, orders: Any, lines: Any) -> Any:
        def turn(state: Arrays, line: Any) -> Any:
            return micro_batch(state, line, fixed, data, orders)

        return lax.scan(turn, changed, lines, unroll=unrolled)

    return run


def run_nodes(
    nodes: Sequence[Node],
    arrays: Mapping[str, Any],
    step: TracedStep,
    shared: Callable[[Any], Any] = lambda array: array,
) -> Arrays:
    """Every value by name that nodes make, and the arrays that they are made of."""
    values = dict(arrays)
    for node in nodes:
        attributes = {**node.attributes, **node.op.data_attributes(node, values)}
        if node.op.uses_step:
            attributes["step"] = step
        with jax.named_scope(f"{node.layer}.{node.op.yaml_name}"):
            results = find(node.op.yaml_name)(*(values[value.name] for value in node.inputs), **attributes)
        written = (*node.outputs, *node.updated)
        for value, array in zip(written, results if isinstance(results, tuple) else (results,), strict=True):
            fetched = node.part == "batch" and value.spec.batched
            values[value.name] = shared(array) if fetched else array
    return values
