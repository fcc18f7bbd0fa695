"""Every gradient rule against central differences in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from .cases import CASES, Case
from .executor import execute, run_node

STEP = 1e-5  # half the distance of the two points of a difference
BAND = 1e-3  # elements so near a kink are skipped: the slopes on its two sides differ
TOLERANCE = 1e-7  # relative to the larger of both values and 1


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("case", [case for case in CASES if case.gradients], ids=str)
def test_gradient_is_the_slope(case: Case, batch: int):
    graph, node, gradients = case.build()
    served = tuple(i for i, gradient in enumerate(gradients) if gradient is not None)
    assert (served, len(gradients)) == (case.gradients, len(node.inputs))

    arrays, step = case.arrays(batch, "float64"), case.step(batch)
    if case.kink:
        arrays["input_0"].flat[0] = arrays["input_1"].flat[0] if case.loss else 0.0
    inputs = list(arrays.values())

    def output() -> np.ndarray:
        return run_node(node, inputs, step)[0].copy()  # a view would change with the input

    shape = output().shape
    upstream = np.full(shape, step.scale) if case.loss else np.random.default_rng(2).normal(size=shape)
    values = execute(graph, arrays if case.loss else {**arrays, "dy": upstream}, step)
    for i, gradient in enumerate(gradients):
        if gradient is None:
            continue
        by_rule = values[gradient.name]
        assert by_rule.shape == inputs[i].shape
        for place in np.ndindex(by_rule.shape):
            if case.kink and abs(inputs[0][place] - (inputs[1][place] if case.loss else 0)) < BAND:
                continue
            slope = np.sum(_difference(output, inputs[i], place) * upstream)
            assert abs(slope - by_rule[place]) <= TOLERANCE * max(abs(slope), abs(by_rule[place]), 1), (
                f"input {i}{list(place)}: the rule gives {by_rule[place]}, the difference {slope}"
            )


def _difference(function: Callable[[], np.ndarray], x: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
    """Slopes of the function's values by one element of x, which is put back."""
    middle = x[place]
    x[place] = middle + STEP
    above = function()
    x[place] = middle - STEP
    below = function()
    x[place] = middle
    return (above - below) / (2 * STEP)
