"""Batch normalization: every channel is centered and scaled by its mean and variance over the rows of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike, check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "batch_norm")
class BatchNorm(Op):
    """(y (…, C), normalized (…, C), inverse_std (C,)) of x (…, C), gain, bias, running_mean, running_variance (C,).

    The running statistics move by the fraction `momentum` towards those of the batch; with `unbiased` 1, towards the
    variance that divides by n − 1.
    """

    operands = "x, gain, bias, running_mean, running_variance -> y, normalized, inverse_std"
    cut = Cut.CHANNELS
    attributes: ClassVar = {"eps": 1e-5, "momentum": 0.1, "unbiased": 0}
    updates = (3, 4)
    uses_step = True
    operations = 7

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x = _check(*inputs)
        return x.spec, x.spec, Spec(x.shape[-1:], batched=False)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        gain = node.inputs[1]
        _, normalized, inverse_std = node.outputs
        dx, dgain, dbias = graph.apply("batch_norm_gradient", dy, normalized, inverse_std, gain)
        return dx, dgain, dbias, None, None


@register("op", "batch_norm_gradient")
class BatchNormGradient(Op):
    """(dx (…, C), dgain (C,), dbias (C,)) from dy (…, C), normalized (…, C), inverse_std (C,) and gain (C,)."""

    operands = "dy, normalized, inverse_std, gain -> dx, dgain, dbias"
    cut = Cut.CHANNELS
    operations = 7

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, normalized, inverse_std, gain = inputs
        check_alike(dy, normalized)
        check_channels(dy, inverse_std=inverse_std, gain=gain)
        return dy.spec, gain.spec, gain.spec


@register("op", "batch_norm_inference")
class BatchNormInference(Op):
    """y (…, C) of x (…, C), gain, bias, running_mean, running_variance (C,), which stay as they are."""

    operands = "x, gain, bias, running_mean, running_variance -> y"
    attributes: ClassVar = {"eps": 1e-5}
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_check(*inputs).spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        """That of x alone, of which y is a linear function: gain and bias are frozen where this is trained through."""
        _, gain, bias, _, variance = node.inputs
        zeros = graph.constant("zeros", np.zeros(bias.shape))
        dx = graph.apply("batch_norm_inference", dy, gain, zeros, zeros, variance, **node.attributes)
        return dx, None, None, None, None


def _check(x: Value, gain: Value, bias: Value, running_mean: Value, running_variance: Value) -> Value:
    check_channels(x, gain=gain, bias=bias, running_mean=running_mean, running_variance=running_variance)
    return x
