"""Cross entropy of class labels."""

from __future__ import annotations

from collections.abc import Mapping
from math import e, log
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.config.experiment import Task
from dltool.losses.loss import Built, Loss, Mixed, TargetForm, before
from dltool.losses.weights import Weights, given_weights
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "cross_entropy")
class CrossEntropy(Loss):
    """−log of the probability of the right class; the network gives one value for each class."""

    target: ClassVar[TargetForm] = "labels"
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)
    mixes: ClassVar[bool] = True

    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of the target taken from the right class"
    )
    smooth_over: Literal["all", "others"] = by_compat(
        "all", mxnet="others", description="the classes that the share is spread over: all, or all but the right one"
    )
    class_weights: Literal["balanced"] | Weights | None = Field(
        default=None,
        description="balanced (rows / classes / rows of the class, counted in the training part), by class name (others"
        " weigh 1), or one for each class in order",
    )
    divide_by: Literal["samples", "weights"] = by_compat(
        "samples", torch="weights", description="a batch's weighted loss is divided by its samples, or by their weights"
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Takes logits; a softmax before it is left out, except where PyTorch is imitated."""
        return self._build(graph, prediction, target, None, classes)

    def build_mixed(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed, *, classes: Mapping[str, float]
    ) -> Built:
        """Likewise; weights that a batch is divided by are those of the samples' own labels."""
        return self._build(graph, prediction, target, mixed, classes)

    def _build(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed | None, classes: Mapping[str, float]
    ) -> Built:
        count = graph.outputs
        self._check(prediction, target, count, classes)
        scores, link = prediction, "softmax"
        logits = before(prediction, "softmax")
        if logits is not None and graph.compat == "torch":
            link = "identity"
            graph.warnings.append(
                "softmax is applied twice: like PyTorch's, this cross_entropy expects values before softmax; the loss"
                f" cannot fall below {log(1 + (count - 1) / e):.4f}; leave out the last softmax"
            )
        elif logits is not None:
            scores = logits
        smoothing = self.label_smoothing * (count / (count - 1) if self.smooth_over == "others" else 1)
        weights = self._weights(graph, target, classes)
        if mixed:
            inputs = (target, mixed.labels, mixed.share, *weights)
            row_loss, _ = graph.apply("mixed_cross_entropy", scores, *inputs, smoothing=smoothing)
        else:
            row_loss, _ = graph.apply("cross_entropy", scores, target, *weights, smoothing=smoothing)
        return Built(row_loss, scores, link)

    def _check(self, prediction: Value, target: Value, count: int, classes: Mapping[str, float]) -> None:
        if target.spec.dtype != "int64":
            held, fitting = (
                ("labels", "binary_cross_entropy") if classes else ("numbers", "mse, mae or huber, or task: classes")
            )
            raise self.refuse(f"needs a target of classes, this one holds {held}", f"use {fitting}")
        if count < 2:
            raise self.refuse("needs at least two classes, the data has one", "check the target column")
        if prediction.shape != (count,):
            hint = (
                "put flatten before it" if len(prediction.shape) > 1 else "end the model with dense: {units: classes}"
            )
            raise self.refuse(
                f"needs {count} values, one for each class; the model gives {list(prediction.shape)}", hint
            )

    def _weights(self, graph: Graph, labels: Value, classes: Mapping[str, float]) -> tuple[Value, ...]:
        if self.class_weights is None:
            return ()
        if self.class_weights == "balanced":
            values = _balanced(np.array(list(classes.values())))
        else:
            values = given_weights(self, "class_weights", self.class_weights, classes)
        weights = graph.constant("class_weights", values)
        if self.divide_by == "samples":
            return (weights,)
        return weights, graph.apply("batch_weight", labels, weights)


def _balanced(shares: np.ndarray) -> np.ndarray:
    """Weights (C,) that give all classes that occur the same part in the loss; 1 for a class that does not."""
    occurring = shares > 0
    return np.divide(1 / occurring.sum(), shares, out=np.ones(len(shares)), where=occurring)
