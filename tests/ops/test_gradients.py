"""Every gradient rule against central differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dltool.runtime.interpreter import run_graph

from .cases import CASES, Case

STEP = 1e-5  # half the distance of the two points of a difference
BAND = 1e-3  # elements so near a kink are skipped: the slopes on its two sides differ
TOLERANCE = 1e-7  # relative to the larger of both values and 1
MOST = 64  # elements of an input that are tried one by one; all together are tried in a direction


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("case", [case for case in CASES if case.gradients], ids=str)
def test_gradient_is_the_slope(case: Case, batch: int):
    graph, node, gradients = case.build()
    served = tuple(i for i, gradient in enumerate(gradients) if gradient is not None)
    assert (served, len(gradients)) == (case.gradients, len(node.inputs))

    arrays, step = case.arrays(batch, "float64"), case.step(batch)
    if case.kink:
        arrays["input_0"].flat[0] = arrays["input_1"].flat[0] if case.loss else 0.0

    forward = replace(case, gradients=()).build()[0]

    def output() -> np.ndarray:
        return run_graph(forward, arrays, step)[node.outputs[0].name].copy()  # a view would change with the input

    upstream = np.full(output().shape, step.scale) if case.loss else arrays["dy"]
    values = run_graph(graph, arrays, step)
    for i, gradient in enumerate(gradients):
        if gradient is None:
            continue
        by_rule, x = values[gradient.name], arrays[f"input_{i}"]
        assert by_rule.shape == x.shape
        smooth = np.ones(x.shape, bool)
        if case.kink:
            kink = arrays["input_1"] if case.loss else 0
            smooth = np.abs(arrays["input_0"] - kink) >= BAND
        places = np.argwhere(smooth)
        for place in map(tuple, places[:: -(-len(places) // MOST) or 1]):
            slope = np.sum(_difference(output, x, _one(x.shape, place)) * upstream)
            assert abs(slope - by_rule[place]) <= TOLERANCE * max(abs(slope), abs(by_rule[place]), 1), (
                f"input {i}{list(place)}: the rule gives {by_rule[place]}, the difference {slope}"
            )
        if len(places) > MOST:
            direction = np.random.default_rng(i).choice([-1.0, 1.0], x.shape) * smooth
            slope, expected = np.sum(_difference(output, x, direction) * upstream), np.sum(by_rule * direction)
            assert abs(slope - expected) <= TOLERANCE * max(np.abs(by_rule).sum(), 1)


def _one(shape: tuple[int, ...], place: tuple[int, ...]) -> np.ndarray:
    """The direction of one element."""
    direction = np.zeros(shape)
    direction[place] = 1
    return direction


def _difference(function: Callable[[], np.ndarray], x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Slopes of the function's values along a direction of x, which is put back."""
    middle = x.copy()
    x[...] = middle + STEP * direction
    above = function()
    x[...] = middle - STEP * direction
    below = function()
    x[...] = middle
    return (above - below) / (2 * STEP)
