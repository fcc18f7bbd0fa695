"""The order of an epoch, which is found as a whole: a loop that may go round again has no place in a step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from dltool.kernels.reference.random import feistel

if TYPE_CHECKING:
    from dltool.runtime.xla.tracing import TracedStep


def order(*, rows_total: int, shuffle: int, key: int, step: TracedStep) -> jax.Array:
    """rows (B,) = the epoch's order, which the step knows, at (position − origin + i) mod rows_total, i < B."""
    index = (step.position - step.origin + jnp.arange(step.rows)) % rows_total
    return step.order[index] if shuffle else index


@partial(jax.jit, static_argnums=0)
def orders_of_epochs(n: int, keys: jax.Array) -> jax.Array:
    """The permutations (epochs, n) of range(n) that `permute` makes with these round keys (4, epochs, 1) uint32."""
    begin = feistel(jnp.arange(n).astype(np.uint32)[None], n, keys)
    walked = lax.while_loop(
        lambda result: (result >= n).any(),
        lambda result: jnp.where(result >= n, feistel(result, n, keys), result),
        begin,
    )
    return walked.astype(int)
