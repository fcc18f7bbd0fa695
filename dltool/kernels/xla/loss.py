"""The mean of losses, of a batch that may be filled up with rows that do not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
from jax import numpy as jnp

if TYPE_CHECKING:
    from dltool.runtime.xla.tracing import TracedStep


def mean_loss(row_loss: jax.Array, *weights: jax.Array, step: TracedStep) -> jax.Array:
    """loss () = Σ row_loss [· weight] · scale over the rows that count, row_loss (B,), weights (B, 1)."""
    if weights:
        row_loss = row_loss * weights[0][:, 0]
    if step.counted is not None:
        row_loss = jnp.where(jnp.arange(len(row_loss)) < step.counted, row_loss, 0)
    return row_loss.sum() * step.scale
