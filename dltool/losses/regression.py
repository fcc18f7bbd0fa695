"""Regression losses: the mean over a sample's targets of a function of prediction − target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dltool.config.experiment import Task
from dltool.losses.loss import Built, Loss, TargetForm, outputs_hint
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


class Regression(Loss):
    """Base of the losses of numbers."""

    target: ClassVar[TargetForm] = "numbers"
    tasks: ClassVar[tuple[Task, ...]] = ("numbers", "inputs")

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Apply the op of the same name, with the fields of the loss as its attributes."""
        self._require_fit(graph, prediction, target, classes)
        attributes: dict[str, Any] = self.model_dump()
        return Built(graph.apply(self.yaml_name, prediction, target, **attributes), prediction, "identity")

    def _require_fit(self, graph: Graph, prediction: Value, target: Value, classes: Mapping[str, float]) -> None:
        """Raises InputError unless the network has the outputs that the targets need."""
        if target.spec.dtype != "float32":
            raise self.refuse(
                "needs a target of numbers, but this one holds classes", "use cross_entropy, or task: numbers"
            )
        if classes:
            raise self.refuse("needs a target of numbers, but this one holds labels", "use binary_cross_entropy")
        needed = (self.outputs(target.spec.size),)
        if prediction.shape != needed:
            raise self.refuse(
                f"needs outputs of shape {list(needed)}, but the model returns {list(prediction.shape)}",
                outputs_hint(graph, prediction, "targets"),
            )


@register("loss", "mse")
class MeanSquaredError(Regression):
    """Mean of (prediction − target)²."""


@register("loss", "mae")
class MeanAbsoluteError(Regression):
    """Mean of |prediction − target|."""


@register("loss", "huber", main="delta")
class Huber(Regression):
    """Half the squared error up to delta, linear beyond (Huber 1964)."""

    delta: float = Field(default=1.0, gt=0)
