"""A network as it is read from a file of another program: layers that dltool has, and their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.errors import Problem


@dataclass(frozen=True)
class Tensor:
    """An array as dltool has it, and where it comes from."""

    name: str  # in the file
    array: np.ndarray


#: the tensors of one layer of dltool by their last names, such as "weight" and "bias"
Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Layer:
    """A layer of dltool with its fields as a config has them.

    `tensors` are in the order in which dltool builds the parts of the layer, such as the directions of an LSTM.
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    tensors: Sequence[Tensors] = ()


@dataclass(frozen=True)
class Merge:
    """Where several values become one."""

    how: Literal["add", "concat"]


@dataclass(frozen=True)
class Step:
    """What the file calls a layer or an operation: what it is made of here, and the steps whose values it takes."""

    name: str
    inputs: tuple[str, ...]
    made: Sequence[Layer] | Merge  # layers one after the other; none where the value is passed on


@dataclass(frozen=True)
class Source:
    """The input of a network."""

    shape: tuple[int, ...]  # of a sample, channels last
    channels_first: bool = False  # the other program takes it with its channels first
    divisor: float = 1.0  # what the network divides its input by, before its layers


@dataclass(frozen=True)
class ReadNetwork:
    """Everything that a file says."""

    compat: Literal["keras", "torch", "mxnet"] | None  # whose defaults the layers have
    source: Source
    steps: Mapping[str, Step]  # by their names, each after those that it takes
    output: str  # the step whose value the network gives
    flattens_channels_first: bool = False
    task: Task | None = None  # where the file says what the output means
    loss: str | None = None  # where the file says it
    optimizer: Mapping[str, Mapping[str, Any]] | None = None  # its name and its fields
    notes: Sequence[str] = ()
    trial: Trial | None = None


@dataclass(frozen=True)
class Trial:
    """What the other program gave for some samples."""

    samples: np.ndarray  # (n, …), channels last
    outputs: np.ndarray


class Unknown(Exception):  # noqa: N818  (it becomes a Problem, with others)
    """Something in a file that dltool has no counterpart for; the message follows the name of the step."""


@dataclass
class Problems:
    """What has no counterpart, one line for each."""

    where: str
    found: list[Problem] = field(default_factory=list)

    def add(self, name: str, message: object) -> None:
        """One more."""
        self.found.append(Problem(str(message), where=self.where, path=name))


def by_lengths(lengths: Sequence[int]) -> str:
    """Lengths of axes in words."""
    return "×".join(map(str, lengths)) if lengths else "a single number"
