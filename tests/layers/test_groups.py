"""Convolutions in groups: one weight for all of them, which starts, and computes, as PyTorch's and Keras's do."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from dltool.program.initial import initial_values
from dltool.program.summary import summarize
from dltool.runtime.interpreter import run_graph
from tests.contract.networks import HEAD, Row
from tests.ops.cases import Case

from .test_building import build

CONVOLUTIONS: list[tuple[str, tuple[int, ...], int, int]] = [  # layer, sample, filters, groups
    ("conv2d", (5, 6, 8), 12, 2),
    ("conv2d", (5, 6, 8), 12, 4),
    ("conv2d", (5, 6, 4), 12, 4),  # several filters for each channel
    ("conv2d", (5, 6, 6), 6, 6),
    ("conv1d", (9, 6), 4, 2),
]


def layer(kind: str, filters: int, groups: int) -> dict[str, Any]:
    return {kind: {"filters": filters, "groups": groups, "kernel": 3}}


@pytest.mark.parametrize(("kind", "shape", "filters", "groups"), CONVOLUTIONS)
def test_one_weight_is_listed_trained_and_counted(kind: str, shape: tuple[int, ...], filters: int, groups: int):
    row = Row("groups", [layer(kind, filters, groups), "flatten", *HEAD], shape=shape)
    taps = 3 ** (len(shape) - 1)
    weight = (*[3] * (len(shape) - 1), shape[-1] // groups, filters)
    summary = summarize(row.network(training=True))
    first = summary.layers[0]
    assert first.parameters == {f"{kind}_1.weight": weight, f"{kind}_1.bias": (filters,)}
    assert first.parameter_count == taps * shape[-1] // groups * filters + filters
    outputs = np.prod([length - 2 for length in shape[:-1]])
    assert first.flops == outputs * (2 * taps * shape[-1] // groups * filters + filters)
    before, engine = row.engine().read(), row.engine()
    engine.train("train", row.steps(0, 1), collect=False)
    moved = engine.read()[f"{kind}_1.weight"] != before[f"{kind}_1.weight"]
    assert moved.shape == weight
    assert moved.all()


@pytest.mark.parametrize(("kind", "shape", "filters", "groups"), CONVOLUTIONS)
@pytest.mark.parametrize("compat", ["keras", "torch"])
def test_it_starts_within_the_limits_of_a_group(
    kind: str, shape: tuple[int, ...], filters: int, groups: int, compat: str
):
    graph, _ = build([layer(kind, filters, groups)], shape, compat)
    values = dict(initial_values(graph.values.values(), seed=1))
    inputs = 3 ** (len(shape) - 1) * shape[-1] // groups
    outputs = 3 ** (len(shape) - 1) * filters
    limit = sqrt(6 / (inputs + outputs)) if compat == "keras" else 1 / sqrt(inputs)
    largest = np.abs(values[f"{kind}_1.weight"]).max()
    assert 0.85 * limit < largest <= limit
    assert np.abs(values[f"{kind}_1.bias"]).max() <= (0 if compat == "keras" else limit)


@pytest.mark.parametrize(("kind", "shape", "filters", "groups"), CONVOLUTIONS)
def test_a_group_sees_its_channels_alone(kind: str, shape: tuple[int, ...], filters: int, groups: int):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2, *shape))
    graph, y = build([layer(kind, filters, groups)], shape)
    weight, bias = (generator.normal(size=value.shape) for value in graph.parameters())
    given = run_graph(graph, {"x": x, f"{kind}_1.weight": weight, f"{kind}_1.bias": bias}, Case("add", ()).step(2))
    deep, wide = shape[-1] // groups, filters // groups
    for group in range(groups):
        channels, columns = slice(group * deep, (group + 1) * deep), slice(group * wide, (group + 1) * wide)
        alone, part = build([layer(kind, wide, 1)], (*shape[:-1], deep))
        arrays = {
            "x": x[..., channels], f"{kind}_1.weight": weight[..., columns], f"{kind}_1.bias": bias[columns],
        }  # fmt: skip
        expected = run_graph(alone, arrays, Case("add", ()).step(2))[part.name]
        np.testing.assert_allclose(given[y.name][..., columns], expected, rtol=1e-12, atol=1e-12)
