"""Loops over the steps of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import lax

#: steps that run without looking whether it was the last one
UNROLLED = 8


def over_steps(step: Callable[[Any, Any], tuple[Any, Any]], begin: Any, values: Any, *, reverse: bool = False) -> Any:
    """What `step` makes of (carried, values (B, …)) at each step of values (B, T, …), together (B, T, …)."""
    by_step = jax.tree.map(lambda value: value.swapaxes(0, 1), values)
    _, made = lax.scan(step, begin, by_step, reverse=reverse, unroll=UNROLLED)
    return jax.tree.map(lambda value: value.swapaxes(0, 1), made)
