"""Minimizes smooth convex functions with L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

ITERATIONS = 60
#: number of previous steps in the curvature estimate
MEMORY = 10
#: relative improvement below which the search ends
GAIN = 1e-6
#: share of the expected improvement that a step must reach (Armijo)
SUFFICIENT = 1e-4


def minimum(function: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray) -> np.ndarray:
    """The minimizer of a smooth convex function that returns its value and gradient; L-BFGS (Liu and Nocedal 1989)."""
    at, (value, gradient) = start, function(start)
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(ITERATIONS):
        direction = _downhill(gradient, steps)
        length, slope = 1.0, float(direction @ gradient)
        while True:
            there = at + length * direction
            new_value, new_gradient = function(there)
            if new_value <= value + SUFFICIENT * length * slope or length < 1e-6:
                break
            length /= 2
        if not new_value < value:
            break
        if (there - at) @ (new_gradient - gradient) > 0:
            steps = [*steps, (there - at, new_gradient - gradient)][-MEMORY:]
        gain = (value - new_value) / max(abs(value), 1e-12)
        at, value, gradient = there, new_value, new_gradient
        if gain < GAIN:
            break
    return at


def _downhill(gradient: np.ndarray, steps: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The quasi-Newton direction from the curvature along the previous steps."""
    direction = -gradient
    shares = []
    for moved, change in reversed(steps):
        shares.append((moved @ direction) / (moved @ change))
        direction = direction - shares[-1] * change
    if steps:
        moved, change = steps[-1]
        direction = direction * (moved @ change) / (change @ change)
    for (moved, change), share in zip(steps, reversed(shares), strict=True):
        direction = direction + moved * (share - (change @ direction) / (moved @ change))
    return direction
