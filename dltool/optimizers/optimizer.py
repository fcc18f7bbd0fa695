"""The interface of optimizers: the update op they apply, and the scalars passed to it at each step.

The op does the arithmetic. Scalars that change from step to step (bias corrections, scheduled learning rates) are
computed here, in float64, for many steps at once.
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
    """Updates parameters from their gradients."""

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
        False, keras=True, torch=True, description="apply weight decay to all parameters, not only to matrices"
    )

    @property
    @abstractmethod
    def op(self) -> str:
        """The update op, applied to a parameter, its slots and its gradient."""

    @property
    def slots(self) -> Mapping[str, float]:
        """Optimizer state kept for each element of a parameter: names in the op's order, with initial values."""
        return {}

    @property
    def has_momentum(self) -> bool:
        """Whether a schedule can cycle a momentum."""
        return False

    @property
    def attributes(self) -> Mapping[str, int]:
        """Attributes of the op besides `decays`."""
        return {}

    @abstractmethod
    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """Scalars (n, k) in the op's order for each of `steps` (n,), counted from 0, with learning rates `lr` (n,).

        `momentum` (n,) replaces the optimizer's own, if given.
        """

    def apply(self, graph: Graph, parameter: Value, gradient: Value) -> None:
        """Add the update of one parameter, with its slots, to the graph."""
        slots = [graph.state(name, parameter.shape, _filled(value), of=parameter) for name, value in self.slots.items()]
        decays = self.weight_decay > 0 and (parameter.decay or self.decay_biases)
        graph.apply(self.op, parameter, *slots, gradient, **self.attributes, decays=int(decays))

    def decay(self, lr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coupled and decoupled decay (n,): the factor added to the gradient, and the shrinkage; one of them is 0."""
        none = np.zeros_like(lr)
        return (none, lr * self.weight_decay) if self.decoupled else (none + self.weight_decay, none)


def columns(*scalars: np.ndarray | float) -> np.ndarray:
    """Scalars or arrays (n,) stacked as the columns of one array (n, k)."""
    return np.stack(np.broadcast_arrays(*(np.asarray(scalar, dtype=np.float64) for scalar in scalars)), axis=-1)


def _filled(value: float) -> Initial:
    return lambda shape, generator: np.broadcast_to(np.float32(value), shape)
