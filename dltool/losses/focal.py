"""The focal loss, for data in which most samples are easy or one class or label is rare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from dltool.config.experiment import Task
from dltool.losses.binary_cross_entropy import PositiveWeight, positive_weights, require_outputs
from dltool.losses.cross_entropy import BALANCED_FIELD, Balanced, class_weights, require_labels
from dltool.losses.loss import Built, Loss, TargetForm, before
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "focal", main="gamma")
class Focal(Loss):
    """Cross entropy times (1 − p)^gamma, with p the probability of what is true (Lin et al. 2017)."""

    target: ClassVar[TargetForm] = "labels"
    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    gamma: float = Field(default=2.0, ge=0, description="how much less easy samples count; 0: cross entropy")
    class_weights: Balanced = BALANCED_FIELD
    positive_weight: PositiveWeight = Field(
        default=None,
        description="for several labels: weight of samples with a label, as in binary_cross_entropy",
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Take logits; a softmax or sigmoid in front of the loss is skipped."""
        if classes and target.spec.dtype == "float32":
            return self._of_labels(graph, prediction, target, classes)
        if self.positive_weight is not None:
            raise self.refuse("has a positive_weight, which is for several labels", "give class_weights")
        require_labels(self, graph, prediction, target, classes)
        logits = before(prediction, "softmax") or prediction
        weights = class_weights(self, self.class_weights, classes)
        constants = () if weights is None else (graph.constant("class_weights", weights),)
        row_loss, _ = graph.apply("focal", logits, target, *constants, gamma=self.gamma)
        return Built(row_loss, logits, "softmax")

    def _of_labels(self, graph: Graph, prediction: Value, target: Value, labels: Mapping[str, float]) -> Built:
        """The mean over the labels of a sample."""
        if self.class_weights is not None:
            raise self.refuse("has class_weights, which are for classes", "give positive_weight for labels")
        require_outputs(self, graph, prediction, target)
        logits = before(prediction, "sigmoid") or prediction
        weights = positive_weights(self, self.positive_weight, labels)
        constants = () if weights is None else (graph.constant("positive_weight", weights),)
        row_loss, _ = graph.apply("binary_focal", logits, target, *constants, gamma=self.gamma)
        return Built(row_loss, logits, "sigmoid")
