"""Ops on sequences that are padded at the end: masking, last step, mean over steps, reversal.

A length below 1 counts as 1: an empty sequence is one step of zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.embedding import require_batch_of_codes
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

LENGTHS = Spec((), dtype="int64")


@register("op", "lengths")
class Lengths(Op):
    """lengths () int64 = how many codes (T) int32 are not padding, which is −1, but at least 1."""

    operands = "codes -> lengths"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        require_batch_of_codes(*inputs)
        return (LENGTHS,)


@register("op", "window_lengths")
class WindowLengths(Op):
    """windows () int64 = how many windows fit into lengths () steps with padding at both ends, at least 1."""

    operands = "lengths -> windows"
    attributes: ClassVar = {"reach": 1, "stride": 1, "padding": 0}
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (LENGTHS,)


@register("op", "mask")
class Mask(Op):
    """y (T, C) = x (T, C) in the first lengths () steps, and `fill` behind."""

    operands = "x, lengths -> y"
    attributes: ClassVar = {"fill": 0.0}
    moves = True
    in_place = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_sequence(*inputs),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return graph.apply("mask", dy, node.inputs[1]), None


@register("op", "last_step")
class LastStep(Op):
    """y (C,) = the last step of x (T, C), or the last of the first lengths () steps."""

    operands = "x, *lengths -> y"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((_sequence(*inputs).shape[-1],)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, *lengths = node.inputs
        dx = graph.apply("last_step_gradient", dy, *lengths, steps=x.shape[0])
        return (dx, *(None for _ in lengths))


@register("op", "last_step_gradient")
class LastStepGradient(Op):
    """dx (T, C) = dy (C,) at the last step, 0 elsewhere; `steps` is T."""

    operands = "dy, *lengths -> dx"
    attributes: ClassVar = {"steps": 1}
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((attributes["steps"], *inputs[0].shape)),)


@register("op", "mean_steps")
class MeanSteps(Op):
    """y (C,) = the mean of the first lengths () steps of x (T, C)."""

    operands = "x, lengths -> y"
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((_sequence(*inputs).shape[-1],)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, lengths = node.inputs
        return graph.apply("mean_steps_gradient", dy, lengths, steps=x.shape[0]), None


@register("op", "mean_steps_gradient")
class MeanStepsGradient(Op):
    """dx (T, C) = dy (C,) / lengths () in the first lengths () steps, 0 behind; `steps` is T."""

    operands = "dy, lengths -> dx"
    attributes: ClassVar = {"steps": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((attributes["steps"], *inputs[0].shape)),)


@register("op", "reverse")
class Reverse(Op):
    """y (T, C) = x (T, C) with its steps, or its first lengths () steps, in reverse; the rest stays."""

    operands = "x, *lengths -> y"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_sequence(*inputs),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, *lengths = node.inputs
        return (graph.apply("reverse", dy, *lengths), *(None for _ in lengths))


def _sequence(x: Value, lengths: Value | None = None) -> Spec:
    """The spec of a sequence; raises ShapeError unless there are steps and channels, and a length for each sample."""
    if len(x.shape) != 2:
        raise ShapeError(f"a sequence has steps and channels, got {list(x.shape)}")
    if lengths is not None and lengths.spec != LENGTHS:
        raise ShapeError(f"lengths are one integer per sample, got {lengths.spec.dtype} {list(lengths.shape)}")
    return x.spec
