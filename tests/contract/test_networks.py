"""What holds for every network of the table, whatever it is made of."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dltool.config.loading import from_resolved, resolved
from dltool.ops.op import Report, StepRecord
from dltool.program.initial import initial_values
from dltool.registry import registered
from dltool.runtime.interpreter import run_graph

from .bound import Arrays
from .networks import GRADIENTS, ROWS, Row

#: what one call of the engine may allocate for itself (records of its steps, the result): less than any activation has
CALL_BYTES = 33 * 16 * 4


@pytest.mark.parametrize("kind", ["layer", "activation", "loss", "optimizer"])
def test_everything_is_in_the_table(kind: str):
    used = {name for row in ROWS for name in names(row.written)}
    assert set(registered(kind)) <= used


def names(config: Any) -> Iterator[str]:
    """Every name that a config mentions."""
    if isinstance(config, str):
        yield config
    elif isinstance(config, dict):
        yield from config
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from names(part)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_resolved_config_is_the_same_experiment(row: Row):
    plain = resolved(row.experiment)
    assert from_resolved(plain) == row.experiment
    assert resolved(from_resolved(plain)) == plain


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_shapes_are_as_planned(row: Row):
    graph, arrays = start(row, rows=4, float_type="float32")
    for rows in (4, 3):
        values = run_graph(graph, arrays, step(row, rows))
        for name, value in graph.values.items():
            if value.role != "data":
                assert values[name].shape == ((rows,) if value.spec.batched else ()) + value.shape, name
                assert values[name].dtype == value.spec.dtype, name


def start(row: Row, *, rows: int, float_type: str) -> tuple[Any, Arrays]:
    """A graph for training, and everything that exists before its first step."""
    network = row.network(training=True, rows=rows)
    graph = network.graph
    arrays = {**network.inputs(row.data()), **dict(initial_values(graph.values.values(), seed=3))}
    return graph, {n: a.astype(float_type) if a.dtype == np.float32 else a for n, a in arrays.items()}


def step(row: Row, rows: int) -> StepRecord:
    scalars = row.steps(0, 1).scalars[0]
    return StepRecord(0, 0, 0, rows, 1 / rows, tuple(float(number) for number in scalars))


@pytest.mark.parametrize("row", GRADIENTS, ids=str)
def test_every_parameter_goes_down_its_slope(row: Row):
    descent = replace(row, config={**row.config, "optimizer": {"sgd": 1.0}})
    graph, arrays = start(descent, rows=6, float_type="float64")
    record = step(descent, rows=6)
    after = run_graph(graph, arrays, record)
    last = next(i for i, node in enumerate(graph.nodes) if node.op.reports is Report.LOSS)
    loss, forward = graph.nodes[last].outputs[0].name, copy(graph)
    forward.nodes = graph.nodes[: last + 1]
    generator = np.random.default_rng(0)
    for parameter in [one for one in graph.parameters() if not one.frozen]:
        before = arrays[parameter.name]
        gradient = before - after[parameter.name]
        direction = generator.normal(size=before.shape)
        direction /= np.linalg.norm(direction)
        ends = [
            run_graph(forward, {**arrays, parameter.name: before + sign * 1e-5 * direction}, record)[loss]
            for sign in (1, -1)
        ]
        slope, by_rule = (ends[0] - ends[1]) / 2e-5, np.sum(gradient * direction)
        assert abs(slope - by_rule) <= 1e-7 * max(1, abs(slope)), (
            f"{parameter.name}: the rules give {by_rule}, the difference {slope}"
        )


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_cpu_and_reference_train_alike_on_any_number_of_threads(row: Row, monkeypatch: pytest.MonkeyPatch):
    networks = row.networks()
    cpu, *others = (row.engine(networks, threads=threads) for threads in (1, 2, 4))
    reference = row.engine(debug=True)
    monkeypatch.setattr("dltool.program.stages.CACHE", 1 << 30)
    others.append(row.engine(threads=2))  # every thread takes all of its samples at once
    monkeypatch.setattr("dltool.program.stages._samples_together", lambda nodes, layouts, rows: 3)
    others.append(row.engine(threads=2))
    begin = cpu.read()
    losses = np.concatenate([cpu.train("train", row.steps(0, 2), collect=False).losses, last_step(cpu, row)])
    expected = reference.train("train", row.steps(0, 3), collect=False).losses
    np.testing.assert_allclose(losses, expected, rtol=1e-5, err_msg="losses: cpu, then reference")

    after, by_reference = cpu.read(), reference.read()
    assert after.keys() == begin.keys() == by_reference.keys()
    for name, array in after.items():
        scale = np.abs(by_reference[name]).max()
        np.testing.assert_allclose(array, by_reference[name], rtol=0, atol=2e-5 * scale + 1e-7, err_msg=name)
    for value in networks[0].graph.parameters():
        moved = (after[value.name] != begin[value.name]).any()
        assert moved != value.frozen, f"{value.name} did{' not' * (not moved)} move from {begin[value.name]}"

    evaluated = [
        engine.evaluate("train", use_average=row.experiment.train.ema_decay is not None) for engine in (cpu, reference)
    ]
    np.testing.assert_allclose(evaluated[0].losses, evaluated[1].losses, rtol=1e-3)
    for other in others:
        shared = other.train("train", row.steps(0, 3), collect=False).losses
        assert shared.tobytes() == losses.tobytes(), f"{other.threads} threads: losses {shared}, one thread {losses}"
        for name, array in other.read().items():
            assert array.tobytes() == after[name].tobytes(), f"{name} differs on {other.threads} threads"


def last_step(engine: Any, row: Row) -> np.ndarray:
    """The losses of the third update, which must not allocate anything."""
    plan = row.steps(2, 1)
    tracemalloc.start()
    try:
        losses = engine.train("train", plan, collect=False).losses
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < CALL_BYTES, f"the third step allocated {peak} bytes"
    return losses
