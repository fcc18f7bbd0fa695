"""Cross entropy of class labels."""

from __future__ import annotations

from collections.abc import Sequence
from math import e, log
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.errors import did_you_mean
from dltool.losses.loss import Built, Loss, before
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

Weight = Annotated[float, Field(ge=0)]


@register("loss", "cross_entropy")
class CrossEntropy(Loss):
    """−log of the probability of the right class; the network gives one value for each class."""

    target: ClassVar[Literal["labels", "binary", "numbers"]] = "labels"

    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of the target taken from the right class"
    )
    smooth_over: Literal["all", "others"] = by_compat(
        "all", mxnet="others", description="the classes that the share is spread over: all, or all but the right one"
    )
    class_weights: dict[str | int, Weight] | list[Weight] | None = Field(
        default=None, description="by class name (others weigh 1), or one for each class in order"
    )
    divide_by: Literal["samples", "weights"] = by_compat(
        "samples", torch="weights", description="a batch's weighted loss is divided by its samples, or by their weights"
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Sequence[str] = ()) -> Built:
        """Takes logits; a softmax before it is left out, except where PyTorch is imitated."""
        count = graph.outputs
        self._check(prediction, target, count)
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
        weights = self._weights(graph, target, count, classes)
        row_loss, _ = graph.apply("cross_entropy", scores, target, *weights, smoothing=smoothing)
        return Built(row_loss, scores, link)

    def _check(self, prediction: Value, target: Value, count: int) -> None:
        if target.spec.dtype != "int64":
            raise self.refuse("needs a target of classes, this one holds numbers", "use mse, mae or huber")
        if count < 2:
            raise self.refuse("needs at least two classes, the data has one", "check the target column")
        if prediction.shape != (count,):
            hint = (
                "put flatten before it" if len(prediction.shape) > 1 else "end the model with dense: {units: classes}"
            )
            raise self.refuse(
                f"needs {count} values, one for each class; the model gives {list(prediction.shape)}", hint
            )

    def _weights(self, graph: Graph, labels: Value, count: int, classes: Sequence[str]) -> tuple[Value, ...]:
        if self.class_weights is None:
            return ()
        values = np.ones(count)
        if isinstance(self.class_weights, list):
            if len(self.class_weights) != count:
                raise self.refuse(
                    f"has {len(self.class_weights)} class_weights, the data {count} classes", "give one each"
                )
            values[:] = self.class_weights
        else:
            for name, weight in self.class_weights.items():
                if str(name) not in classes:
                    raise self.refuse(
                        f"has a weight for class '{name}', not in the data", did_you_mean(str(name), classes)
                    )
                values[classes.index(str(name))] = weight
        weights = graph.constant("class_weights", values)
        if self.divide_by == "samples":
            return (weights,)
        return weights, graph.apply("batch_weight", labels, weights)
