"""The loss of classes that have an order, such as bad, good, best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dltool.config.experiment import Task
from dltool.losses.cross_entropy import BALANCED_FIELD, Balanced, class_weights, require_labels
from dltool.losses.loss import Built, Loss, TargetForm, before
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "ordinal")
class Ordinal(Loss):
    """−log of the probability of the true class, of classes in order (Tutz 1991; as CORN: Shi, Cao and Raschka 2023).

    Output k of the network is the logit of "beyond class k, given that it is at least class k", so it has one output
    fewer than there are classes: `dense: {units: classes}`.
    """

    target: ClassVar[TargetForm] = "labels"
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)
    ordered: ClassVar[bool] = True

    class_weights: Balanced = BALANCED_FIELD

    def outputs(self, count: int) -> int:
        """One for each step from a class to the next."""
        return count - 1

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Take logits (C − 1,), of which follow log probabilities (C,); a sigmoid in front of it is skipped."""
        require_labels(self, graph, prediction, target, classes)
        logits = before(prediction, "sigmoid") or prediction
        scores = self._log_probabilities(graph, logits, len(classes))
        weights = class_weights(self, self.class_weights, classes)
        constants = () if weights is None else (graph.constant("class_weights", weights),)
        row_loss, _ = graph.apply("cross_entropy", scores, target, *constants)
        return Built(row_loss, scores, "softmax")

    def _log_probabilities(self, graph: Graph, logits: Value, count: int) -> Value:
        """log P(k) = Σ log σ(xⱼ) over j < k, + log(1 − σ(x_k)) but for the last class; x are logits.

        With log σ(x) = x − softplus(x) and log(1 − σ(x)) = −softplus(x), that is a sum of both with fixed factors.
        """
        step, label = np.mgrid[: count - 1, :count]
        passed = (step < label).astype(float)
        stopped = (step <= label).astype(float)
        factors = graph.constant("factors", np.concatenate([passed, -stopped]))
        both = graph.apply("concat", logits, graph.apply("softplus", logits))
        return graph.apply("matmul", both, factors)
