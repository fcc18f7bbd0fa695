"""Batch normalization of images and series: each sample's moments first, then those of the batch, then every pixel.

Moments of a sample are computed while it is in the cache, and combined in the order of the samples: threads share the
pixels, and the result does not depend on the number of threads.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "sample_moments")
class SampleMoments(Op):
    """(mean (C,), squares (C,)) of every sample of x (…, C): its mean, and Σ (x − mean)² over its pixels."""

    operands = "x -> mean, squares"
    operations = 4

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        _require_pixels(x)
        return Spec(x.shape[-1:]), Spec(x.shape[-1:])


@register("op", "batch_moments")
class BatchMoments(Op):
    """(mean (C,), inverse_std (C,)) of a batch, of the mean and squares (C,) of samples of `pixels` pixels.

    The running mean and variance (C,) move by the fraction `momentum` towards those of the batch; with `unbiased` 1,
    towards the variance that divides by n − 1.
    """

    operands = "means, squares, running_mean, running_variance -> mean, inverse_std"
    cut = Cut.CHANNELS
    attributes: ClassVar = {"pixels": 1, "eps": 1e-5, "momentum": 0.1, "unbiased": 0}
    updates = (2, 3)
    uses_step = True
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        means, squares, mean, variance = inputs
        check_alike(means, squares)
        check_channels(means, running_mean=mean, running_variance=variance)
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
        plain, along = graph.apply("sample_products", dy, x, mean, inverse_std)
        dbias, dgain = graph.apply("sum_rows", plain), graph.apply("sum_rows", along)
        dx = graph.apply("normalize_gradient", dy, x, mean, inverse_std, gain, dgain, dbias)
        return dx, None, None, dgain, dbias


@register("op", "sample_products")
class SampleProducts(Op):
    """(Σ dy (C,), Σ dy · n (C,)) over the pixels of every sample of dy (…, C), with n = (x − mean) · inverse_std."""

    operands = "dy, x, mean, inverse_std -> plain, along"
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, x, mean, inverse_std = inputs
        _require_pixels(dy)
        check_alike(dy, x)
        check_channels(dy, mean=mean, inverse_std=inverse_std)
        return Spec(dy.shape[-1:]), Spec(dy.shape[-1:])


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


def pixels(x: Value) -> int:
    """Places of a sample that have channels."""
    return prod(x.shape[:-1])


def _require_pixels(x: Value) -> None:
    if len(x.shape) < 2:
        raise ShapeError(f"{list(x.shape)} has no pixels")
