"""Binary cross entropy for two classes, or for several labels per sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.experiment import Task
from dltool.losses.loss import Built, Loss, TargetForm, before, outputs_hint
from dltool.losses.weights import Weight, Weights, given_weights
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


#: weights of labels, as a config gives them
PositiveWeight = Literal["balanced"] | Weight | Weights | None


@register("loss", "binary_cross_entropy")
class BinaryCrossEntropy(Loss):
    """−log of the probability of the true answer; one output for the second of two classes, or one per label."""

    target: ClassVar[TargetForm] = "binary"
    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    positive_weight: PositiveWeight = Field(
        default=None,
        description="weight of the second class, or of samples with a label: balanced (rows without / rows with it),"
        " one weight for all, weights by label name (1 for the others), or one for each label in order",
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Take logits; a sigmoid in front of the loss is skipped."""
        multilabel = graph.output_kind == "targets"
        if not classes:
            raise self.refuse(
                "needs a target of two classes or of labels, but this one holds numbers",
                "use mse, mae or huber, or task: multilabel",
            )
        if not multilabel and len(classes) != 2:
            raise self.refuse(f"needs two classes, but the data has {len(classes)}", "use cross_entropy")
        require_outputs(self, graph, prediction, target)
        answers = classes if multilabel else dict([list(classes.items())[1]])
        logits = before(prediction, "sigmoid") or prediction
        weights = positive_weights(self, self.positive_weight, answers)
        constants = () if weights is None else (graph.constant("positive_weight", weights),)
        row_loss, _ = graph.apply("binary_cross_entropy", logits, target, *constants)
        return Built(row_loss, logits, "sigmoid")


def require_outputs(loss: Loss, graph: Graph, prediction: Value, target: Value) -> None:
    """Raises InputError unless the network has an output for each label."""
    if prediction.shape != target.shape:
        many = graph.output_kind == "targets"
        raise loss.refuse(
            f"needs outputs of shape {list(target.shape)}, but the model returns {list(prediction.shape)}",
            outputs_hint(graph, prediction, "targets" if many else 1),
        )


def positive_weights(loss: Loss, given: PositiveWeight, answers: Mapping[str, float]) -> np.ndarray | None:
    """One weight for each output of the network (k,)."""
    if given is None:
        return None
    if given == "balanced":
        # a label that every row has, or none, cannot be balanced
        return np.array([(1 - share) / share if 0 < share < 1 else 1.0 for share in answers.values()])
    if isinstance(given, dict | list):
        return given_weights(loss, "positive_weight", given, answers)
    return np.full(len(answers), given)
