"""Batch normalization of images and series: moments of the batch first, then every pixel.

How the moments are summed up is left to backends; the cpu goes by samples (`sample_moments.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "batch_moments")
class BatchMoments(Op):
    """(mean (C,), inverse_std (C,)) of x (…, C) over the pixels of a batch.

    The running mean and variance (C,) move by the fraction `momentum` towards those of the batch; with `unbiased` 1,
    towards the variance that divides by n − 1.
    """

    operands = "x, running_mean, running_variance -> mean, inverse_std"
    attributes: ClassVar = {"eps": 1e-5, "momentum": 0.1, "unbiased": 0}
    updates = (1, 2)
    uses_step = True
    operations = 4

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, mean, variance = inputs
        check_channels(x, running_mean=mean, running_variance=variance)
        return mean.spec, mean.spec


@register("op", "normalize")
class Normalize(Op):
    """y (…, C) = (x (…, C) − mean) · inverse_std · gain + bias, each (C,)."""

    operands = "x, mean, inverse_std, gain, bias -> y"
    takes_epilogue = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, mean, inverse_std, gain, bias = inputs
        check_channels(x, mean=mean, inverse_std=inverse_std, gain=gain, bias=bias)
        return (x.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, mean, inverse_std, gain, _ = node.inputs
        dbias, dgain = graph.apply("batch_products", dy, x, mean, inverse_std)
        dx = graph.apply("normalize_gradient", dy, x, mean, inverse_std, gain, dgain, dbias)
        return dx, None, None, dgain, dbias


@register("op", "batch_products")
class BatchProducts(Op):
    """(Σ dy (C,), Σ dy · n (C,)) over the pixels of a batch, with n = (x − mean) · inverse_std; dy and x (…, C)."""

    operands = "dy, x, mean, inverse_std -> plain, along"
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, x, mean, inverse_std = inputs
        check_alike(dy, x)
        check_channels(dy, mean=mean, inverse_std=inverse_std)
        return mean.spec, mean.spec


@register("op", "normalize_gradient")
class NormalizeGradient(Op):
    """dx (…, C) = gain · inverse_std · (dy − dbias / n − (x − mean) · inverse_std · dgain / n) over the n pixels."""

    operands = "dy, x, mean, inverse_std, gain, dgain, dbias -> dx"
    in_place = True
    uses_step = True
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, x, mean, inverse_std, gain, dgain, dbias = inputs
        check_alike(dy, x)
        check_channels(dy, mean=mean, inverse_std=inverse_std, gain=gain, dgain=dgain, dbias=dbias)
        return (dy.spec,)
