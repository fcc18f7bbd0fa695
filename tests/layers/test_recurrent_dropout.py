"""Recurrent dropout: the state meets recurrent weights through one mask for each sequence, as loops in NumPy say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.ops.op import StepRecord
from dltool.runtime.interpreter import run_graph

from .test_building import build

STEPS, CHANNELS, UNITS, ROWS, RATE = 5, 3, 40, 6, 0.25
KINDS = ("lstm", "gru", "simple_rnn")
Arrays = dict[str, np.ndarray]


def run(layer: dict[str, Any], *, step: int = 0, position: int = 0, training: bool = True) -> tuple[Arrays, Arrays]:
    """The parameters of a recurrent layer, random ones, and all values of one batch."""
    graph, _ = build([layer], (STEPS, CHANNELS), training=training)
    generator = np.random.default_rng(0)
    parameters = {value.name: generator.normal(0, 0.5, value.shape) for value in graph.parameters()}
    arrays = {"x": generator.standard_normal((ROWS, STEPS, CHANNELS)), **parameters}
    values = run_graph(graph, arrays, StepRecord(step, 0, position, ROWS, 1.0))
    return {name.rpartition(".")[2]: array for name, array in parameters.items()} | {"x": arrays["x"]}, values


def masks_of(values: Arrays) -> list[np.ndarray]:
    return [array for name, array in values.items() if "dropout_mask" in name]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def by_hand(kind: str, known: Arrays, mask: np.ndarray) -> np.ndarray:
    """The states after each step (rows, steps, units), written out."""
    h = c = np.zeros((ROWS, UNITS))
    states = []
    for t in range(STEPS):
        of_x = known["x"][:, t] @ known["weight"] + known["bias"]
        of_h = (mask * h) @ known["recurrent_weight"]
        if kind == "lstm":
            i, f, g, o = np.split(of_x + of_h, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        elif kind == "gru":
            (xr, xz, xn), (hr, hz, hn) = (np.split(s, 3, axis=1) for s in (of_x, of_h + known["recurrent_bias"]))
            z = sigmoid(xz + hz)
            h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        else:
            h = np.tanh(of_x + of_h)
        states.append(h)
    return np.stack(states, axis=1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_is_masked_where_it_meets_weights_and_nowhere_else(kind: str):
    layer = {kind: {"units": UNITS, "recurrent_dropout": RATE, "return_sequences": True}}
    known, values = run(layer)
    (mask,) = masks_of(values)
    np.testing.assert_allclose(
        values[f"{kind}_1.{kind}" + ".0" * (kind != "simple_rnn")], by_hand(kind, known, mask[:, 0])
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_sequence_direction_layer_and_batch_has_a_mask_of_its_own(kind: str):
    layer = {kind: {"units": UNITS, "recurrent_dropout": RATE, "layers": 2, "bidirectional": True}}
    masks = [mask for at in ({}, {"step": 1}, {"position": ROWS}) for mask in masks_of(run(layer, **at)[1])]
    rows = np.concatenate(masks)[:, 0]
    assert len(np.unique(rows, axis=0)) == len(rows) == 3 * 4 * ROWS
    assert set(np.unique(rows)) == {0.0, np.float32(1 / (1 - RATE))}
    assert abs((rows == 0).mean() - RATE) < 0.03


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_dropped_outside_of_training(kind: str):
    _, values = run({kind: {"units": UNITS, "recurrent_dropout": RATE}}, training=False)
    _, plain = run({kind: UNITS})
    assert not masks_of(values)
    np.testing.assert_array_equal(values[f"{kind}_1.last_step"], plain[f"{kind}_1.last_step"])
