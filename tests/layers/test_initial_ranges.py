"""What layers for sequences start from, as Keras 3.15 and PyTorch 2.13 do; Gluon draws weights from ±0.07."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np
import pytest

from dltool.layers.layer import build_layers
from dltool.ops.graph import Graph
from dltool.program.initial import initial_values

from .test_building import LAYERS, build

UNITS, CHANNELS, STEPS = 24, 48, 5

#: numbers that a step computes for each unit
GATES = {"lstm": 4, "gru": 3, "simple_rnn": 1}


def glorot(inputs: int, outputs: int) -> float:
    return sqrt(6 / (inputs + outputs))


def recurrent(kind: str, compat: str) -> dict[str, float]:
    """The largest absolute values by parameter; 0 for biases of zeros, inf for orthogonal matrices."""
    if compat == "torch":
        return dict.fromkeys(("weight", "recurrent_weight", "bias", "recurrent_bias"), 1 / sqrt(UNITS))
    if compat == "mxnet":
        return {"weight": 0.07, "recurrent_weight": 0.07, "bias": 0.0, "recurrent_bias": 0.0}
    second = {"recurrent_bias": 0.0} if kind == "gru" else {}
    weight = glorot(CHANNELS, GATES[kind] * UNITS)
    return {"weight": weight, "recurrent_weight": inf, "bias": float(kind == "lstm"), **second}


ATTENTION = {"multi_head_attention": 4}
NO_BIAS = {"bias": 0.0, "output_bias": 0.0}
# layer, framework, largest absolute values
RANGES: list[tuple[Any, str | None, dict[str, float]]] = [
    *(({kind: UNITS}, compat, recurrent(kind, compat)) for kind in GATES for compat in ("keras", "torch", "mxnet")),
    (ATTENTION, None, {"weight": glorot(CHANNELS, CHANNELS), "output_weight": glorot(CHANNELS, CHANNELS), **NO_BIAS}),
    (
        ATTENTION,
        "torch",
        {"weight": glorot(CHANNELS, 3 * CHANNELS), "output_weight": 1 / sqrt(CHANNELS), **NO_BIAS},
    ),
    ({"multi_head_attention": {"heads": 4, "initializer": {"uniform": 0.01}}}, None, {
        "weight": 0.01, "output_weight": 0.01, **NO_BIAS,
    }),
    ({"transformer_block": 4}, "torch", {
        "residual_1.multi_head_attention_1.weight": glorot(CHANNELS, 3 * CHANNELS),
        "residual_1.multi_head_attention_1.output_weight": 1 / sqrt(CHANNELS),
        "residual_2.dense_1.weight": 1 / sqrt(CHANNELS),
        "residual_2.dense_1.bias": 1 / sqrt(CHANNELS),
        "residual_2.dense_2.weight": 1 / sqrt(4 * CHANNELS),
    }),
    ({"transformer_block": {"heads": 4, "initializer": {"uniform": 0.01}}}, "torch", {
        "residual_1.multi_head_attention_1.weight": 0.01,
        "residual_1.multi_head_attention_1.output_weight": 0.01,
        "residual_2.dense_1.weight": 0.01,
        "residual_2.dense_2.weight": 0.01,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "compat", "ranges"), RANGES, ids=lambda given: str(given)[:30])
def test_parameters_start_in_the_range_of_the_framework(layer: Any, compat: str | None, ranges: dict[str, float]):
    graph, _ = build([layer], (STEPS, CHANNELS), compat)
    scope = f"{next(iter(layer))}_1."
    arrays = {name.removeprefix(scope): array for name, array in initial_values(graph.values.values(), 3)}
    if "transformer_block" not in layer:
        assert arrays.keys() == ranges.keys()
    for name, limit in ranges.items():
        largest = np.abs(arrays[name]).max()
        if limit == inf:
            np.testing.assert_allclose(arrays[name] @ arrays[name].T, np.eye(UNITS), atol=1e-5)
        else:
            assert 0.9 * limit <= largest <= limit


def test_the_forget_gates_of_keras_start_open():
    graph, _ = build([{"lstm": 3}], (STEPS, CHANNELS), "keras")
    arrays = dict(initial_values(graph.values.values(), 3))
    np.testing.assert_array_equal(arrays["lstm_1.bias"], np.repeat([0, 1, 0, 0], 3))


@pytest.mark.parametrize(
    ("compat", "deviation"), [("keras", 0.05 / sqrt(3)), ("torch", 1.0), ("mxnet", 0.07 / sqrt(3))]
)
def test_embeddings_start_with_the_spread_of_the_framework(compat: str, deviation: float):
    graph = Graph(training=True, compat=compat)
    codes = graph.apply("gather_codes", graph.data("codes", (STEPS,), "int32"), graph.apply("order"))
    layers = [{"embedding": {"size": 300, "width": CHANNELS}}]
    build_layers(graph, LAYERS.validate_python(layers, context={"compat": compat}), codes)
    arrays = dict(initial_values(graph.values.values(), 3))
    assert arrays["embedding_1.weight"].std() == pytest.approx(deviation, rel=0.02)
