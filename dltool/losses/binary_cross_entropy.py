"""Cross entropy of yes-or-no targets: of two classes, or of labels that each sample has or has not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.experiment import Task
from dltool.losses.loss import Built, Loss, TargetForm, before
from dltool.losses.weights import Weight, Weights, given_weights
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "binary_cross_entropy")
class BinaryCrossEntropy(Loss):
    """−log of the probability of the right answer of two; a value for the second of two classes, or for each label."""

    target: ClassVar[TargetForm] = "binary"
    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    positive_weight: Literal["balanced"] | Weight | Weights | None = Field(
        default=None,
        description="of the second class, or of samples that have a label: balanced (rows without / rows with it), one"
        " for all, by label name (others weigh 1), or one for each label in order",
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Takes logits; a sigmoid before it is left out."""
        of_labels = graph.output_kind == "targets"
        if not classes:
            raise self.refuse(
                "needs two classes or labels, the target holds numbers", "use mse, mae or huber, or task: multilabel"
            )
        if not of_labels and len(classes) != 2:
            raise self.refuse(f"needs two classes, the data has {len(classes)}", "use cross_entropy")
        if prediction.shape != target.shape:
            raise self.refuse(
                f"needs {list(target.shape)} values, the model gives {list(prediction.shape)}",
                f"end the model with dense: {{units: {'targets' if of_labels else 1}}}",
            )
        answers = classes if of_labels else dict([list(classes.items())[1]])
        logits = before(prediction, "sigmoid") or prediction
        weights = () if self.positive_weight is None else (graph.constant("positive_weight", self._weights(answers)),)
        row_loss, _ = graph.apply("binary_cross_entropy", logits, target, *weights)
        return Built(row_loss, logits, "sigmoid")

    def _weights(self, answers: Mapping[str, float]) -> np.ndarray:
        """One weight for each value that the network gives."""
        given = self.positive_weight
        if given == "balanced":
            # what all rows have, or none, cannot be balanced
            return np.array([(1 - share) / share if 0 < share < 1 else 1.0 for share in answers.values()])
        if isinstance(given, dict | list):
            return given_weights(self, "positive_weight", given, answers)
        return np.full(len(answers), given)
