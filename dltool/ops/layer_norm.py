"""Layer normalization: every row is centered and scaled by its own mean and variance over the last axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "layer_norm")
class LayerNorm(Op):
    """(y (…, C), normalized (…, C), inverse_std (…)) of x (…, C), gain (C,) and bias (C,)."""

    operands = "x, gain, bias -> y, normalized, inverse_std"
    attributes: ClassVar = {"eps": 1e-5}
    rowwise_outputs = (2,)
    cheap = True
    operations = 7

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, gain, bias = inputs
        check_channels(x, gain=gain, bias=bias)
        return x.spec, x.spec, Spec(x.shape[:-1])

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, gain, _ = node.inputs
        _, normalized, inverse_std = node.outputs
        dgain = graph.apply("sum_row_products", dy, normalized)
        dbias = graph.apply("sum_rows", dy)
        dx = graph.apply("layer_norm_gradient", dy, normalized, inverse_std, gain) if x.needs_gradient else None
        return dx, dgain, dbias


@register("op", "layer_norm_gradient")
class LayerNormGradient(Op):
    """dx (…, C) from dy (…, C), normalized (…, C), inverse_std (…) and gain (C,)."""

    operands = "dy, normalized, inverse_std, gain -> dx"
    operations = 8

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, normalized, _, gain = inputs
        check_alike(dy, normalized)
        check_channels(dy, gain=gain)
        return (dy.spec,)


@register("op", "sum_row_products")
class SumRowProducts(Op):
    """dgain (C,) = Σ over rows of dy (…, C) · normalized (…, C)."""

    operands = "dy, normalized -> dgain"
    cut = Cut.PARAMETER
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return (Spec(inputs[0].shape[-1:], batched=False),)
