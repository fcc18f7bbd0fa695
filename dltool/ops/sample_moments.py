"""Moments of a batch from those of its samples, which are summed up while a sample is in the cache.

They are combined in the order of the samples: threads share the samples, and the result does not depend on the number
of threads. Lowering for the cpu makes these ops of those in `spatial_batch_norm.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Value


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


@register("op", "combined_moments")
class CombinedMoments(Op):
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


def _require_pixels(x: Value) -> None:
    if len(x.shape) < 2:
        raise ShapeError(f"{list(x.shape)} has no pixels")
