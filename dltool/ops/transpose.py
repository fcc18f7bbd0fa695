"""Exchanging two axes of every sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "transpose")
class Transpose(Op):
    """y = x with two axes exchanged (numbers, as in NumPy): `axes` holds the sizes of x, `first` < `second`."""

    operands = "x -> y"
    moves = True
    attributes: ClassVar = {"axes": ((1,),), "first": 0, "second": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        (x,) = inputs
        rank = len(x.shape)
        given = [attributes.get("first", -2), attributes.get("second", -1)]
        if any(not -rank <= axis < rank for axis in given) or given[0] % rank == given[1] % rank:
            raise ShapeError(f"cannot exchange axes {given[0]} and {given[1]} of {list(x.shape)}")
        first, second = sorted(axis % rank for axis in given)
        return cls, {"axes": tuple((size,) for size in x.shape), "first": first, "second": second}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        if not x.spec.batched or x.spec.dtype != "float32":
            raise ShapeError(f"cannot transpose {x.spec.dtype} {list(x.shape)}")
        shape, first, second = list(x.shape), attributes["first"], attributes["second"]
        shape[first], shape[second] = shape[second], shape[first]
        return (Spec(tuple(shape)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        axes = {name: node.attributes[name] for name in ("first", "second")}
        return (graph.apply("transpose", dy, **axes),)
