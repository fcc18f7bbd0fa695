"""Group normalization: mean 0 and variance 1 over the positions and some channels of a sample, then gain and bias.

Wu and He, Group Normalization, 2018.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "group_norm")
class GroupNorm(Op):
    """(y (…, C), normalized (…, C), inverse_std (C,)) of x (…, C), gain (C,) and bias (C,).

    The channels are cut into `groups` groups of neighbors; inverse_std repeats a group's number for its channels.
    """

    operands = "x, gain, bias -> y, normalized, inverse_std"
    attributes: ClassVar = {"groups": 1, "eps": 1e-5}
    operations = 7

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, gain, bias = inputs
        check_channels(x, gain=gain, bias=bias)
        _check_groups(x, attributes["groups"])
        return x.spec, x.spec, Spec(x.shape[-1:])

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, gain, _ = node.inputs
        _, normalized, inverse_std = node.outputs
        dgain = graph.apply("sum_row_products", dy, normalized)
        dbias = graph.apply("sum_rows", dy)
        if not x.needs_gradient:
            return None, dgain, dbias
        groups = node.attributes["groups"]
        return graph.apply("group_norm_gradient", dy, normalized, inverse_std, gain, groups=groups), dgain, dbias


@register("op", "group_norm_gradient")
class GroupNormGradient(Op):
    """dx (…, C) from dy (…, C), normalized (…, C), inverse_std (C,) and gain (C,)."""

    operands = "dy, normalized, inverse_std, gain -> dx"
    attributes: ClassVar = {"groups": 1}
    operations = 8

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, normalized, _, gain = inputs
        check_alike(dy, normalized)
        check_channels(dy, gain=gain)
        _check_groups(dy, attributes["groups"])
        return (dy.spec,)


def _check_groups(x: Value, groups: int) -> None:
    if x.shape[-1] % groups:
        raise ShapeError(f"{groups} groups do not divide the {x.shape[-1]} channels of {list(x.shape)}")
