"""Sums and means over axes of each sample, which keep these axes with size 1, so that the result broadcasts back."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.broadcasting import check_run
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class Reduction(Op):
    """y = x reduced along the axes `over` (numbers, as in NumPy); `axes` pairs the sizes of x and y."""

    operands = "x -> y"
    attributes: ClassVar = {"axes": ((1, 1),)}
    operations = 1

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        (x,) = inputs
        if "over" not in attributes:
            return cls, attributes
        rank = len(x.shape)
        if not all(-rank <= axis < rank for axis in attributes["over"]):
            raise ShapeError(f"no axes {list(attributes['over'])} in {list(x.shape)}")
        over = {axis % rank for axis in attributes["over"]}
        return cls, {"axes": tuple((size, 1 if i in over else size) for i, size in enumerate(x.shape))}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        if not x.spec.batched or x.spec.dtype != "float32" or x.shape != tuple(n for n, _ in attributes["axes"]):
            raise ShapeError(f"cannot reduce {x.spec.dtype} {list(x.shape)} along {attributes['axes']}")
        check_run(attributes["axes"])
        return (Spec(tuple(small for _, small in attributes["axes"])),)


@register("op", "sum")
class Sum(Reduction):
    """y (…, 1, …) = Σ x (…), over some axes."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("broadcast", dy, **node.attributes),)


@register("op", "mean")
class Mean(Reduction):
    """y (…, 1, …) = the mean of x (…), over some axes."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        count = prod(node.inputs[0].shape) // prod(node.outputs[0].shape)
        return (graph.apply("broadcast", graph.apply("scale", dy, factor=1 / count), **node.attributes),)


@register("op", "sum_products")
class SumProducts(Op):
    """y (…, 1, …) = Σ a (…) · b (…), over the axes that have size 1 in y; `axes` pairs the sizes of a and y."""

    operands = "a, b -> y"
    attributes: ClassVar = {"axes": ((1, 1),)}
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return Reduction.shape(inputs[0], **attributes)


@register("op", "sum_samples")
class SumSamples(Op):
    """db (…) = Σ over the samples of dy (…): the gradient of what all samples share."""

    operands = "dy -> db"
    cut = Cut.PARAMETER
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec(inputs[0].shape, batched=False),)
