"""The focal loss, for data in which most samples are easy or one class is rare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dltool.config.experiment import Task
from dltool.losses.cross_entropy import BALANCED_FIELD, Balanced, class_weights, require_labels
from dltool.losses.loss import Built, Loss, TargetForm, before
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "focal", main="gamma")
class Focal(Loss):
    """Cross entropy times (1 − p)^gamma, with p the probability of the true class (Lin et al. 2017)."""

    target: ClassVar[TargetForm] = "labels"
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    gamma: float = Field(default=2.0, ge=0, description="how much less easy samples count; 0: cross entropy")
    class_weights: Balanced = BALANCED_FIELD

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Take logits; a softmax in front of the loss is skipped."""
        require_labels(self, graph, prediction, target, classes)
        logits = before(prediction, "softmax") or prediction
        weights = class_weights(self, self.class_weights, classes)
        constants = () if weights is None else (graph.constant("class_weights", weights),)
        row_loss, _ = graph.apply("focal", logits, target, *constants, gamma=self.gamma)
        return Built(row_loss, logits, "softmax")
