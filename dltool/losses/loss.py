"""The contract of losses: which targets they need, and how they are made of ops.

A loss is one number for each sample; its gradient is that of the mean over the batch. A mean divides the sum by the
number of samples, or by the sum of their weights where a loss says what samples weigh.
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
from dltool.losses.links import Link

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

#: how targets reach the loss: class numbers (int64, one a sample), 0 or 1 as float32, or float32 numbers
TargetForm = Literal["labels", "binary", "numbers"]


@dataclass(frozen=True)
class Built:
    """A loss in a graph."""

    row_loss: Value  # one number for each sample
    output: Value  # what an evaluation collects
    link: Link  # what turns it into predictions
    #: (classes,), what a sample of each class counts in the mean of losses that these already weigh; None: all alike
    class_weights: np.ndarray | None = None


@dataclass(frozen=True)
class Mixed:
    """What samples are mixed with: the labels () of others, and the share (1,) of their own."""

    labels: Value
    share: Value


class Loss(Description):
    """Measures how far predictions are from their targets."""

    target: ClassVar[TargetForm]
    #: what the data may hold
    tasks: ClassVar[tuple[Task, ...]]
    #: can be built for samples that are mixed of two
    mixes: ClassVar[bool] = False

    @abstractmethod
    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Adds the loss; raises InputError where network or data do not fit it.

        `classes` are the names of classes or labels, each with its share of the rows to train on; none of numbers.
        """

    def build_mixed(
        self, graph: Graph, prediction: Value, target: Value, mixed: Mixed, *, classes: Mapping[str, float]
    ) -> Built:
        """Adds the loss of samples that are mixed of two: each label's loss by its share."""
        raise self.refuse("cannot tell two labels of one sample", "use cross_entropy, or leave out mixup and cutmix")

    def refuse(self, what: str, hint: str) -> InputError:
        """The error of a loss that does not fit: what is wrong, and what the user can do."""
        return InputError(Problem(f"{self.yaml_name} {what}; {hint}", path="loss"))


def before(prediction: Value, op_name: str) -> Value | None:
    """What `op_name` was applied to where it made the prediction, else None."""
    node = prediction.producer
    return node.inputs[0] if node is not None and node.op.yaml_name == op_name else None
