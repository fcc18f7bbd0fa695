"""Every gradient rule against central differences in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dltool.runtime.interpreter import run_graph

from .cases import CASES, Case

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

    def output() -> np.ndarray:
        return run_graph(graph, arrays, step)[node.outputs[0].name].copy()  # a view would change with the input

    upstream = np.full(output().shape, step.scale) if case.loss else arrays["dy"]
    values = run_graph(graph, arrays, step)
    for i, gradient in enumerate(gradients):
        if gradient is None:
            continue
        by_rule, x = values[gradient.name], arrays[f"input_{i}"]
        assert by_rule.shape == x.shape
        for place in np.ndindex(by_rule.shape):
            if case.kink and abs(arrays["input_0"][place] - (arrays["input_1"][place] if case.loss else 0)) < BAND:
                continue
            slope = np.sum(_difference(output, x, place) * upstream)
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
