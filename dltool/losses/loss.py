"""The interface of losses: the targets they need, and how they are built from ops.

A loss returns one number for each sample; gradients are taken of the mean over the batch. The mean divides the sum by
the number of samples, or by the sum of their weights where the loss has class weights.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dltool.config.description import Description
from dltool.config.experiment import Task
from dltool.errors import InputError, Problem
from dltool.losses.output_activations import OutputActivation

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

#: how targets reach the loss: class indices (int64, one per sample; of tokens int32, one per position), 0 or 1 as
#: float32, or float32 numbers
TargetForm = Literal["labels", "binary", "numbers"]


@dataclass(frozen=True)
class Built:
    """A loss that was added to a graph."""

    row_loss: Value  # one number for each sample
    output: Value  # what an evaluation collects: logits, or numbers
    output_activation: OutputActivation  # turns `output` into predictions
    #: (classes,), weight of a sample of each class in the divisor of the mean; None: every sample counts 1
    class_weights: np.ndarray | None = None
    quantiles: tuple[float, ...] = ()  # that the output has of each target
    #: the mean of losses is one over the tokens of sequences, which their targets count
    over_tokens: bool = False


@dataclass(frozen=True)
class Mixed:
    """What each sample is mixed with: the label () of the other sample, and the share (1,) of its own label."""

    labels: Value
    share: Value


class Loss(Description):
    """Measures how far predictions are from their targets."""

    target: ClassVar[TargetForm]
    #: tasks that the loss can train
    tasks: ClassVar[tuple[Task, ...]]
    #: whether the loss supports samples mixed from two (mixup, cutmix)
    mixes: ClassVar[bool] = False
    #: whether the order of the classes matters
    ordered: ClassVar[bool] = False

    def outputs(self, count: int) -> int:
        """How many outputs a network needs for `count` classes or targets."""
        return count

    @abstractmethod
    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Add the loss to the graph; raises InputError if the network or the data do not fit.

        `classes` maps each class or label to its share of the training rows; it is empty for numbers.
        """

    def build_mixed(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed, *, classes: Mapping[str, float]
    ) -> Built:
        """Add the loss of samples mixed from two: the losses of both labels, weighted by their shares."""
        raise self.refuse("does not support mixed samples", "use cross_entropy, or leave out mixup and cutmix")

    def refuse(self, what: str, hint: str) -> InputError:
        """An error for a loss that does not fit: `what` is wrong, and a hint for the user."""
        return InputError(Problem(f"{self.yaml_name} {what}; {hint}", path="loss"))


def outputs_hint(graph: Graph, prediction: Value, units: str | int) -> str:
    """A hint for a network whose outputs have another shape than (units,)."""
    if len(prediction.shape) == 1:
        return f"end the model with dense: {{units: {units}}}"
    if any(node.op.yaml_name in ("lstm", "gru", "simple_rnn") for node in graph.nodes):
        return "leave out return_sequences in the last recurrent layer, or pool over the steps: global_average_pool"
    return "put flatten before it"


def before(prediction: Value, op_name: str) -> Value | None:
    """The input of op `op_name` if that op made the prediction, else None."""
    node = prediction.producer
    return node.inputs[0] if node is not None and node.op.yaml_name == op_name else None
