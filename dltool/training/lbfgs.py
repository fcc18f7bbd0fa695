"""The minimum of a smooth convex function: L-BFGS (Liu and Nocedal 1989)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

ITERATIONS = 60
#: steps that are remembered
MEMORY = 10
#: the relative gain below which the search ends, and the share of the expected gain that a step must bring
GAIN = 1e-6
SUFFICIENT = 1e-4


def minimum(function: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """Where a smooth convex function, given with its gradient, is smallest: L-BFGS (Liu and Nocedal 1989)."""
    at, (value, slope) = start, function(start)
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(ITERATIONS):
        way = _downhill(slope, steps)
        length, fall = 1.0, float(way @ slope)
        while True:
            there = at + length * way
            new_value, new_slope = function(there)
            if new_value <= value + 1e-4 * length * fall or length < 1e-6:
                break
            length /= 2
        if not new_value < value:
            break
        if (there - at) @ (new_slope - slope) > 0:
            steps = [*steps, (there - at, new_slope - slope)][-MEMORY:]
        gain = (value - new_value) / max(abs(value), 1e-12)
        at, value, slope = there, new_value, new_slope
        if gain < GAIN:
            break
    return at


def _downhill(slope: np.ndarray, steps: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The step that the curvature along the last ones suggests."""
    way = -slope
    shares = []
    for moved, change in reversed(steps):
        shares.append((moved @ way) / (moved @ change))
        way = way - shares[-1] * change
    if steps:
        moved, change = steps[-1]
        way = way * (moved @ change) / (change @ change)
    for (moved, change), share in zip(steps, reversed(shares), strict=True):
        way = way + moved * (share - (change @ way) / (moved @ change))
    return way
