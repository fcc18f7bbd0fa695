"""Loops over the steps of sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
from jax import lax

#: steps of one turn of a loop: on a GPU each turn costs time, on the processor only the compiler does
UNROLLED = 8


def over_steps(step: Callable[[Any, Any], tuple[Any, Any]], begin: Any, values: Any, *, reverse: bool = False) -> Any:
    """What `step` makes of (carried, values (B, …)) at each step of values (B, T, …), together (B, T, …)."""
    by_step = jax.tree.map(lambda value: value.swapaxes(0, 1), values)
    unrolled = 1 if jax.default_backend() == "cpu" else UNROLLED
    _, made = lax.scan(step, begin, by_step, reverse=reverse, unroll=unrolled)
    return jax.tree.map(lambda value: value.swapaxes(0, 1), made)
