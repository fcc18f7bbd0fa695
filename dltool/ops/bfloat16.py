"""Rounding to bfloat16, a float32 with 7 bits of fraction: what products read where `train.precision` is bfloat16."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.elementwise import Elementwise
from dltool.ops.op import Cut, Op
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


@register("op", "round_bfloat16")
class RoundBfloat16(Elementwise):
    """y = x rounded to the nearest bfloat16, to the even one of two, as a float32; of parameters it is another op."""

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        return (cls if inputs[0].spec.batched else RoundWeights), {}


@register("op", "round_weights")
class RoundWeights(Op):
    """The same for what is not of the batch."""

    operands = "x -> y"
    cut = Cut.PARAMETER
    shape = staticmethod(same_shape)


#: ops that round
ROUNDING = (RoundBfloat16, RoundWeights)
