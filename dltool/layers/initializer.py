"""The contract of initializers: where the numbers of a new parameter come from."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from dltool.config.description import Description

if TYPE_CHECKING:
    from dltool.ops.graph import Initial


class Initializer(Description):
    """Fills a new parameter; `fan_in` and `fan_out` are the inputs and outputs of one of the layer's units."""

    @abstractmethod
    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """New values in float32, drawn from `generator` where they are random."""

    def initial(self, fan_in: int, fan_out: int) -> Initial:
        """The same as the graph wants it, for a parameter with these fans."""
        return lambda shape, generator: self.values(shape, fan_in, fan_out, generator)


def uniform(shape: tuple[int, ...], limit: float, generator: np.random.Generator) -> np.ndarray:
    """Draws from [−limit, limit)."""
    drawn = generator.random(shape, dtype=np.float32)
    drawn *= 2 * limit
    drawn -= limit
    return drawn


def normal(shape: tuple[int, ...], std: float, generator: np.random.Generator) -> np.ndarray:
    """Draws from the normal distribution around 0."""
    drawn = generator.standard_normal(shape, dtype=np.float32)
    drawn *= std
    return drawn


def truncated_normal(shape: tuple[int, ...], std: float, generator: np.random.Generator) -> np.ndarray:
    """Draws from the normal distribution around 0, again where further out than 2 `std`."""
    drawn = generator.standard_normal(shape, dtype=np.float32)
    while (outside := np.abs(drawn) > 2).any():
        drawn[outside] = generator.standard_normal(np.count_nonzero(outside), dtype=np.float32)
    drawn *= std
    return drawn
