"""Recurrent layers give Keras's outputs for the same weights, once the gates are in dltool's order."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.layers.layer import build_layers
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from dltool.runtime.interpreter import run_graph
from tests.layers.test_building import LAYERS

from .keras_layers import CASES, CHANNELS, FORMS, GOLDEN, KINDS, LENGTHS, STEPS, UNITS, inputs

NAMES = dict(zip(KINDS, ("lstm", "gru", "simple_rnn"), strict=True))
#: which of Keras's gates comes first, second, … in dltool: both LSTMs have input, forget, cell, output
ORDER = {"LSTM": (0, 1, 2, 3), "GRU": (1, 0, 2), "SimpleRNN": (0,)}


def parameters(kind: str, form: str) -> dict[str, np.ndarray]:
    """Keras's weights by dltool's names."""
    golden = np.load(GOLDEN)
    directions = ("forward.", "backward.") if FORMS[form].get("bidirectional") else ("",)
    found = {}
    for number, direction in enumerate(directions):
        weight, recurrent, bias = (golden[f"{kind}, {form}: {3 * number + i}"] for i in range(3))
        given = {"weight": weight, "recurrent_weight": recurrent}
        given |= {"bias": bias[0], "recurrent_bias": bias[1]} if bias.ndim == 2 else {"bias": bias}
        for name, array in given.items():
            gates = np.split(array, len(ORDER[kind]), axis=-1)
            found[f"{NAMES[kind]}_1.{direction}{name}"] = np.concatenate([gates[i] for i in ORDER[kind]], axis=-1)
    return found


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_a_layer_gives_what_keras_gives(kind: str, form: str):
    graph = Graph(training=True, compat="keras")
    rows = graph.apply("order")
    x = graph.apply("gather", graph.data("x", (STEPS, CHANNELS)), rows)
    codes = graph.apply("gather_codes", graph.data("codes", (STEPS,), "int32"), rows)
    x.lengths = graph.apply("lengths", codes) if form.startswith("padded") else None
    layer = {NAMES[kind]: {"units": UNITS, **FORMS[form]}}
    y = build_layers(graph, LAYERS.validate_python([layer], context={"compat": "keras"}), x)
    arrays = {
        "x": inputs(),
        "codes": np.where(np.arange(STEPS) < LENGTHS[:, None], 1, -1).astype(np.int32),
        "target": np.zeros((len(LENGTHS), 1)),
        **parameters(kind, form),
    }
    values = run_graph(graph, arrays, StepRecord(0, 0, 0, len(LENGTHS), 1.0))
    np.testing.assert_allclose(values[y.name], np.load(GOLDEN)[f"{kind}, {form}: output"], rtol=0, atol=1e-6)
