"""The contract of optimizers: which update op they apply, and the numbers that op is given at each step.

The arithmetic is the op's. Everything that changes from step to step is computed here, in float64, for many steps at
once: bias corrections, and whatever a schedule made of the learning rate.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from dltool.config.description import Description, by_compat

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Initial, Value


class Optimizer(Description):
    """Changes parameters by their gradients."""

    idle: ClassVar = {"decoupled": ("weight_decay", 0.0)}

    lr: float = Field(gt=0, description="learning rate before the schedule")
    weight_decay: float = Field(default=0.0, ge=0, description="pull of parameters towards 0")
    decoupled: bool = by_compat(
        True,
        torch=False,
        mxnet=False,
        description="decay shrinks parameters by lr · weight_decay; else weight_decay · parameter joins the gradient",
    )
    decay_biases: bool = by_compat(
        False, keras=True, torch=True, description="weight decay acts on all parameters, not on matrices only"
    )

    @property
    @abstractmethod
    def op(self) -> str:
        """The update op, applied to a parameter, its slots and its gradient."""

    @property
    def slots(self) -> Mapping[str, float]:
        """What is kept for each number of a parameter: names in the op's order, and values before the first step."""
        return {}

    @property
    def has_momentum(self) -> bool:
        """Whether there is a momentum that a schedule can cycle."""
        return False

    @property
    def attributes(self) -> Mapping[str, int]:
        """Attributes of the op, beside `decays`."""
        return {}

    @abstractmethod
    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """Scalars (n, k) in the op's order; `steps` (n,) are the steps done before each, `lr` (n,) their rates.

        A `momentum` (n,) takes the place of the optimizer's own, where it has one.
        """

    def apply(self, graph: Graph, parameter: Value, gradient: Value) -> None:
        """Adds the update of one parameter, with its slots."""
        slots = [graph.state(name, parameter.shape, _filled(value), of=parameter) for name, value in self.slots.items()]
        decays = self.weight_decay > 0 and (parameter.decay or self.decay_biases)
        graph.apply(self.op, parameter, *slots, gradient, **self.attributes, decays=int(decays))

    def decay(self, lr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What joins the gradient for each unit of a parameter, and the share a parameter shrinks by; one is 0."""
        none = np.zeros_like(lr)
        return (none, lr * self.weight_decay) if self.decoupled else (none + self.weight_decay, none)


def columns(*scalars: np.ndarray | float) -> np.ndarray:
    """Numbers, or arrays (n,), as the columns of one array (n, k)."""
    return np.stack(np.broadcast_arrays(*(np.asarray(scalar, dtype=np.float64) for scalar in scalars)), axis=-1)


def _filled(value: float) -> Initial:
    return lambda shape, generator: np.broadcast_to(np.float32(value), shape)
