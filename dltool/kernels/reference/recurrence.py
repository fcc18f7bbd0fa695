"""Reference kernels of steps and batches before: y (B, T, H), initial (B, H), memory (samples, H)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import Array, namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def previous_step(y: Array, *initial: Array) -> Array:
    """z (B, T, H) = y one step later, 0 or the initial state first."""
    xp = namespace(y)
    first = initial[0] if initial else xp.zeros_like(y[:, 0])
    return xp.concatenate([first[:, None], y[:, :-1]], axis=1)


def states_and_factors(extras: tuple[Array, ...], masked: int) -> tuple[tuple[Array, ...], Array | int]:
    """Initial states (B, H), and what y₋₁ is multiplied by in its products: a mask (B, H), or 1."""
    count = len(extras) - masked
    return extras[:count], extras[count][:, 0] if masked else 1


def load_memory(memory: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """y (B, H) = the first rows of the memory; zeros at the start of an epoch."""
    rows = memory[: step.rows]
    return namespace(memory).where(step.position == 0, rows * 0, rows)


def store_memory(y: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """The memory with the last step of y in its first rows."""
    return namespace(y).concatenate([y[:, -1], memory[len(y) :]], axis=0)


def row_of_position(x: np.ndarray, *, steps: int, step: StepRecord) -> np.ndarray:
    """y (B, 1, C) = the row of x (T, C) at the position of the step."""
    xp = namespace(x)
    row = x[xp.minimum(step.position, steps - 1)]
    return xp.broadcast_to(row, (step.rows, 1, *row.shape))
