"""Divergence: numbers that are not finite, detected before they reach a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import RunError

_HINT = "try a lower optimizer.lr or train.clip: {norm: 1.0}, and check the data for huge values"


class DivergedError(RunError):
    """The loss or a parameter is infinite or not a number; earlier checkpoints on disk are intact."""

    def __init__(self, what: str):
        super().__init__(f"diverged: {what}; {_HINT}")


def count_finite(losses: np.ndarray) -> int:
    """Number of losses before the first one that is not finite."""
    finite = np.isfinite(losses)
    return len(losses) if finite.all() else int(finite.argmin())


def check_losses(losses: np.ndarray, rates: np.ndarray, *, step: int, epoch: int) -> None:
    """Raise `DivergedError` if one of `losses` (n,) is not finite; `step` and `epoch` are those completed before."""
    first = count_finite(losses)
    if first < len(losses):
        raise DivergedError(
            f"the loss is {losses[first]} at step {step + first + 1} in epoch {epoch + 1}, "
            f"with a learning rate of {rates[first]:g}"
        )


def check_arrays(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise `DivergedError` if an array to be saved has a number that is not finite."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise DivergedError(f"{name} has numbers that are not finite")
