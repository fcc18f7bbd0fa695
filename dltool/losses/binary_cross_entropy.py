"""Cross entropy of yes-or-no targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from dltool.losses.loss import Built, Loss, before
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("loss", "binary_cross_entropy")
class BinaryCrossEntropy(Loss):
    """−log of the probability of the right answer of two; the network gives one value, that of the second class."""

    target: ClassVar[Literal["labels", "binary", "numbers"]] = "binary"

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Sequence[str] = ()) -> Built:
        """Takes logits; a sigmoid before it is left out."""
        if classes and len(classes) != 2:
            raise self.refuse(f"needs two classes, the data has {len(classes)}", "use cross_entropy")
        if prediction.shape != target.shape:
            raise self.refuse(
                f"needs {list(target.shape)} values, the model gives {list(prediction.shape)}",
                f"end the model with dense: {{units: {target.shape[0]}}}",
            )
        logits = before(prediction, "sigmoid") or prediction
        row_loss, _ = graph.apply("binary_cross_entropy", logits, target)
        return Built(row_loss, logits, "sigmoid")
