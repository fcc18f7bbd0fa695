"""Batch normalization by fixed statistics as part of the product before it: other weights, and a bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "fold_weight")
class FoldWeight(Op):
    """y (…, C) = w (…, C) · gain / √(variance + eps), each of these (C,)."""

    operands = "w, gain, variance -> y"
    cut = Cut.ONCE
    attributes: ClassVar = {"eps": 1e-5}
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        w, gain, variance = inputs
        check_alike(gain, variance)
        if w.spec.batched or w.shape[-1:] != gain.shape:
            raise ShapeError(f"weights {list(w.shape)} do not fit a gain {list(gain.shape)}")
        return (w.spec,)


@register("op", "fold_bias")
class FoldBias(Op):
    """y (C,) = bias − mean · gain / √(variance + eps), of gain, bias, mean and variance (C,)."""

    operands = "gain, bias, mean, variance -> y"
    cut = Cut.ONCE
    attributes: ClassVar = {"eps": 1e-5}
    operations = 4

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return (inputs[0].spec,)
