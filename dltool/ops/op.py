"""What every op declares: its shape rule, its gradient rule, how its work may be cut, and its attributes.

An op does no arithmetic itself. The kernels that do carry the op's name: `dltool.kernels.reference` is the contract,
`dltool.kernels.cpu` the fast one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.registry import registered

if TYPE_CHECKING:
    import numpy as np

    from dltool.ops.graph import Graph, Node, Value


class Cut(Enum):
    """How the work of an op is divided among threads; two ops cut alike can follow each other without waiting."""

    ROWS = "rows"  # every thread takes some samples of the batch
    CHANNELS = "channels"  # every thread takes some blocks of channels over the whole batch
    GROUPS = "groups"  # every thread takes groups of samples that are the same however many threads there are
    PARAMETER = "parameter"  # every thread takes slices of one parameter, over the whole batch
    ONCE = "once"  # one thread does it all


class Report(Enum):
    """What a step tells its caller."""

    LOSS = "loss"  # one number for each step
    OUTPUTS = "outputs"  # a row for each sample, where the step wants them


@dataclass(frozen=True)
class Spec:
    """Shape and type of a value; a batched value has one more axis in front, the samples of the batch."""

    shape: tuple[int, ...]
    batched: bool = True
    dtype: str = "float32"

    @property
    def size(self) -> int:
        """Elements, of one sample where batched."""
        return prod(self.shape)


def _no_gradient(graph: Graph, node: Node, *dy: Value) -> tuple[Value | None, ...]:
    raise TypeError(f"op '{node.op.yaml_name}' has no gradient")


class Op:
    """One piece of arithmetic. Subclasses are never instantiated; `@register("op", name)` gives them their name."""

    yaml_name: ClassVar[str]
    #: names of the inputs and outputs, as in "x, w -> y"; one with a star stands for any number, none included
    operands: ClassVar[str]
    cut: ClassVar[Cut] = Cut.ROWS
    #: names and defaults of the attributes
    attributes: ClassVar[Mapping[str, int | float | tuple[tuple[int, ...], ...]]] = {}
    #: inputs that the op overwrites; the reference kernel returns their new values after the outputs
    updates: ClassVar[tuple[int, ...]] = ()
    #: elementwise over values of one layout (one or two inputs, one output): the cpu kernel is a function of vectors,
    #: callable on its own or as the epilogue of a product
    elementwise: ClassVar[bool] = False
    #: the first output that is like the first input may take its place, where that is not read again; so may that of
    #: an elementwise op
    in_place: ClassVar[bool] = False
    #: the cpu kernel takes a bias and elementwise functions as epilogue
    takes_epilogue: ClassVar[bool] = False
    #: outputs that hold one number for each row rather than channels
    rowwise_outputs: ClassVar[tuple[int, ...]] = ()
    #: any slice of the output depends on all of the input, a parameter's gradient in parts
    whole_inputs: ClassVar[bool] = False
    #: goes from step to step of sequences, so that it is fast only with many samples at a time
    sequential: ClassVar[bool] = False
    #: the kernels receive the step record (step number, epoch, position, rows, scalars)
    uses_step: ClassVar[bool] = False
    #: a product with weights, its second input: the axes of these for the channels that it reads and that it makes; the
    #: same axis where every channel stays apart
    weight_axes: ClassVar[tuple[int, int] | None] = None
    #: the inputs that it multiplies and adds up, as products do: they are rounded where `train.precision` says so
    rounds: ClassVar[slice] = slice(0)
    #: copies numbers, without any arithmetic
    moves: ClassVar[bool] = False
    #: a linear function of the first input
    linear: ClassVar[bool] = False
    #: the two inputs may change places
    commutative: ClassVar[bool] = False
    #: y = max(x, floor)
    floor: ClassVar[float | None] = None
    #: fetches rows of the data, which have no blocks yet: they can come in any shape of the same size
    any_shape: ClassVar[bool] = False
    #: takes so little time that large outputs need not be kept for the backward
    cheap: ClassVar[bool] = False
    #: what the output tells the caller of a step, rather than other ops
    reports: ClassVar[Report | None] = None

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        """The op that does this work on these inputs, with all its attributes: itself, unless it has several kinds."""
        return cls, {**cls.attributes, **attributes}

    @classmethod
    def updated(cls, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        """Which of its inputs the op overwrites."""
        return tuple(inputs[i] for i in cls.updates)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        """Specs of the outputs; raises `ShapeError` where the inputs do not fit."""
        raise TypeError("every op states its shape rule")

    #: gradient(graph, node, dy, …) adds the backward of a node to the graph, given the gradients of those outputs that
    #: have one; it returns one gradient for each input, or None
    gradient: ClassVar[Callable[..., tuple[Value | None, ...]]] = staticmethod(_no_gradient)

    @staticmethod
    def data_attributes(node: Node, data: Mapping[str, np.ndarray]) -> Mapping[str, int]:
        """Attributes that follow from the data at hand."""
        return {}

    #: multiplications and additions for each number of the first input; None: one for each number of the outputs
    operations: ClassVar[int | None] = None

    @staticmethod
    def flops(node: Node) -> int:
        """Multiplications and additions for one sample (for one update, where not batched)."""
        if node.op.operations is not None:
            return node.op.operations * node.inputs[0].spec.size
        return 0 if node.op.moves else sum(value.spec.size for value in node.outputs)


class ShapeError(Exception):
    """The inputs of an op do not fit together; the message names the shapes."""


def find_op(name: str) -> type[Op]:
    """The op registered under `name`."""
    return registered("op")[name]


@dataclass(frozen=True)
class StepRecord:
    """What a kernel may know about the step it runs in."""

    step: int  # optimizer steps done before this one
    epoch: int  # epochs completed before this one
    position: int  # first sample of the batch, in the order of this epoch
    rows: int  # samples in this batch
    scale: float  # what losses are multiplied by: 1 / the weight of all samples of the update; 1 in an evaluation
    scalars: tuple[float, ...] = field(default=())  # learning rate and the like, as the optimizer lists them
    number: int = 0  # of this micro-batch, among those whose gradients are added up
    count: int = 1  # of these
    origin: int = 0  # position of the first of the samples at hand, where they are but a part of the epoch
    preceding: int = 0  # samples of the same update that come before those of this micro-batch

    @property
    def first(self) -> bool:
        """Whether this micro-batch is the first of them."""
        return self.number == 0
