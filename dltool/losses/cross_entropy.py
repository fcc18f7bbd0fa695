"""Cross entropy of class labels."""

from __future__ import annotations

from collections.abc import Mapping
from math import e, log
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.config.experiment import Task
from dltool.losses.loss import Built, Loss, Mixed, TargetForm, before, outputs_hint
from dltool.losses.output_activations import OutputActivation
from dltool.losses.weights import Weights, given_weights
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

#: weights of classes, as a config gives them
Balanced = Literal["balanced"] | Weights | None
BALANCED_FIELD: Any = Field(
    default=None,
    description="balanced (rows / classes / rows of the class, counted in the training part), weights by class name"
    " (1 for the others), or one for each class in order",
)


@register("loss", "cross_entropy")
class CrossEntropy(Loss):
    """−log of the probability of the true class; the network returns one output for each class."""

    target: ClassVar[TargetForm] = "labels"
    tasks: ClassVar[tuple[Task, ...]] = ("classes", "tokens")
    mixes: ClassVar[bool] = True

    idle: ClassVar = {
        "smooth_over": ("label_smoothing", 0.0),
        "divide_by": ("class_weights", None),
        "weigh": ("class_weights", None),
    }

    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of the target moved away from the true class"
    )
    smooth_over: Literal["all", "others"] = by_compat(
        "all", mxnet="others", description="classes that receive this share: all, or all but the true one"
    )
    class_weights: Balanced = BALANCED_FIELD
    divide_by: Literal["samples", "weights"] = by_compat(
        "samples",
        torch="weights",
        description="divide the sum of weighted losses by the number of samples, or by the sum of their weights",
    )
    weigh: Literal["samples", "classes"] = by_compat(
        "samples",
        torch="classes",
        description="with label smoothing, class_weights multiply the loss of each sample, by its class, or the term of"
        " each class",
    )

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Take logits; a softmax in front of the loss is skipped, except under `compat: torch`."""
        if target.spec.dtype == "int32":
            return self._build_of_tokens(graph, prediction, target)
        return self._build(graph, prediction, target, None, classes)

    def build_mixed(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed, *, classes: Mapping[str, float]
    ) -> Built:
        """The same for mixed samples; the divisor is the sum of the weights of the samples' own labels."""
        return self._build(graph, prediction, target, mixed, classes)

    def _build(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed | None, classes: Mapping[str, float]
    ) -> Built:
        count = graph.outputs
        require_labels(self, graph, prediction, target, classes)
        scores = self._logits(graph, prediction)
        stays = scores is prediction and before(prediction, "softmax") is not None
        activation: OutputActivation = "identity" if stays else "softmax"
        weights = class_weights(self, self.class_weights, classes)
        constants = () if weights is None else (graph.constant("class_weights", weights),)
        smoothing = self._smoothing(count)
        each = int(weights is not None and smoothing > 0 and self.weigh == "classes")
        labels = (target,) if mixed is None else (target, mixed.labels, mixed.share)
        op = "cross_entropy" if mixed is None else "mixed_cross_entropy"
        row_loss, _ = graph.apply(op, scores, *labels, *constants, smoothing=smoothing, each_class=each)
        return Built(row_loss, scores, activation, weights if self.divide_by == "weights" else None)

    def _build_of_tokens(self, graph: Graph, prediction: Value, target: Value) -> Built:
        """The loss at every position of a sequence."""
        wanted = (*target.shape, graph.outputs)
        if prediction.shape != wanted:
            flat = ", flatten: false" if graph.compat == "mxnet" else ""
            output = f"dense: {{units: classes{flat}}}"
            hint = f"end the model with {output}, and keep all steps before it (return_sequences: true)"
            raise self.refuse(
                f"needs outputs {list(wanted)}, one for each token at every position, but the model "
                f"returns shape {list(prediction.shape)}",
                hint,
            )
        if self.class_weights is not None:
            raise self.refuse("has no class_weights for tokens", "leave them out")
        logits, smoothing = self._logits(graph, prediction), self._smoothing(graph.outputs)
        row_loss, _, scores = graph.apply("token_cross_entropy", logits, target, smoothing=smoothing)
        return Built(row_loss, scores, "identity", over_tokens=True)

    def _logits(self, graph: Graph, prediction: Value) -> Value:
        """What a softmax in front of the loss was applied to; under `compat: torch` it stays, with a warning."""
        logits = before(prediction, "softmax")
        if logits is None or graph.compat != "torch":
            return prediction if logits is None else logits
        lowest = log(1 + (graph.outputs - 1) / e)
        graph.warnings.append(
            "softmax is applied twice: like PyTorch's, this cross_entropy expects logits; the loss cannot fall below "
            f"{lowest:.4f}; remove the final softmax"
        )
        return prediction

    def _smoothing(self, count: int) -> float:
        """The share that all of `count` classes receive alike."""
        return self.label_smoothing * (count / (count - 1) if self.smooth_over == "others" else 1)


def require_labels(loss: Loss, graph: Graph, prediction: Value, target: Value, classes: Mapping[str, float]) -> None:
    """Raises InputError unless the target holds classes, and the network has an output for each."""
    count = graph.outputs
    if target.spec.dtype != "int64":
        held, fitting = (
            ("labels", "binary_cross_entropy") if classes else ("numbers", "mse, mae or huber, or task: classes")
        )
        raise loss.refuse(f"needs a target of classes, but this one holds {held}", f"use {fitting}")
    if len(classes) < 2:
        raise loss.refuse("needs at least two classes, but the data has one", "check the target column")
    if prediction.shape != (count,):
        each = "one for each class" if count == len(classes) else "one for each class but the last"
        what = f"needs {count} outputs, {each}, but the model returns shape {list(prediction.shape)}"
        raise loss.refuse(what, outputs_hint(graph, prediction, "classes"))


def class_weights(loss: Loss, given: Balanced, classes: Mapping[str, float]) -> np.ndarray | None:
    """One weight for each class (C,), in the float32 precision of the kernels."""
    if given is None:
        return None
    if given == "balanced":
        return _balanced(np.array(list(classes.values()))).astype(np.float32)
    assert not isinstance(given, str)
    return given_weights(loss, "class_weights", given, classes).astype(np.float32)


def _balanced(shares: np.ndarray) -> np.ndarray:
    """Weights (C,) with which all classes that occur contribute equally to the loss; 1 for a class that does not."""
    occurring = shares > 0
    return np.divide(1 / occurring.sum(), shares, out=np.ones(len(shares)), where=occurring)
