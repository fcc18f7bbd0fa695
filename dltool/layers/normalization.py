"""Layers that shift and scale their input to mean 0 and variance 1, then by a gain and a bias they learn.

Momentum here always is the share that is kept; PyTorch counts the other share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import PositiveInt

from dltool.config.description import by_compat
from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


def _zeros(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return np.zeros(shape)


def _ones(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return np.ones(shape)


def _gain(graph: Graph, channels: int) -> Value:
    # MXNet's weight decay goes by names, and a gain's is among them
    return graph.parameter("gain", (channels,), _ones, decay=graph.compat == "mxnet")


def _bias(graph: Graph, channels: int) -> Value:
    return graph.parameter("bias", (channels,), _zeros, decay=False)


@register("layer", "batch_norm")
class BatchNorm(Layer):
    """Normalizes each channel over the batch, by running statistics at evaluation (Ioffe and Szegedy 2015).

    `freeze_statistics` controls what freezing gain or bias does to the statistics.
    """

    momentum: float = by_compat(
        0.99,
        torch=0.9,
        mxnet=0.9,
        ge=0,
        lt=1,
        description="share of the running statistics kept at each step (PyTorch's momentum of 0.1 is 0.9 here)",
    )
    epsilon: float = by_compat(1e-3, torch=1e-5, gt=0, description="added to the variance")
    gain: bool = by_compat(True, mxnet=False, description="learn a factor for each channel")
    unbiased: bool = by_compat(False, torch=True, description="the running variance is that of rows − 1")
    freeze_statistics: bool = by_compat(
        True,
        torch=False,
        mxnet=False,
        description="where gain or bias is frozen, both are, and training too uses the running statistics as they are",
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → the same."""
        channels = x.shape[-1]
        gain = _gain(graph, channels) if self.gain else graph.constant("gain", np.ones(channels))
        bias = _bias(graph, channels)
        mean = graph.state("running_mean", (channels,), _zeros)
        variance = graph.state("running_variance", (channels,), _ones)
        frozen = self.freeze_statistics and (gain.frozen or bias.frozen)
        if frozen:
            gain.needs_gradient = bias.needs_gradient = False
        if frozen or not graph.training:
            return graph.apply("batch_norm_inference", x, gain, bias, mean, variance, eps=self.epsilon)
        if self.momentum < 0.5:
            graph.warnings.append(
                f"{graph.layer}: a momentum of {self.momentum:g} keeps {self.momentum:.0%} of the running statistics at"
                f" each step; PyTorch's momentum of {self.momentum:g} is written {1 - self.momentum:g} here"
            )
        moving = {"eps": self.epsilon, "momentum": 1 - self.momentum, "unbiased": int(self.unbiased)}
        if len(x.shape) == 1:
            y, _, _ = graph.apply("batch_norm", x, gain, bias, mean, variance, **moving)
            return y
        center, inverse_std = graph.apply("batch_moments", x, mean, variance, **moving)
        return graph.apply("normalize", x, center, inverse_std, gain, bias)


@register("layer", "layer_norm")
class LayerNorm(Layer):
    """Normalizes each sample over its last axis (Ba et al. 2016)."""

    epsilon: float = by_compat(1e-3, torch=1e-5, mxnet=1e-5, gt=0, description="added to the variance")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → the same."""
        channels = x.shape[-1]
        y, _, _ = graph.apply("layer_norm", x, _gain(graph, channels), _bias(graph, channels), eps=self.epsilon)
        return y


@register("layer", "group_norm", main="groups")
class GroupNorm(Layer):
    """Normalizes each sample over its positions and a group of neighboring channels (Wu and He 2018)."""

    mixes_steps: ClassVar = True
    groups: PositiveInt = by_compat(32, mxnet=1, description="of channels; 1: all together")
    epsilon: float = by_compat(1e-3, torch=1e-5, mxnet=1e-5, gt=0, description="added to the variance")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → the same; raises InputError where the groups do not divide the channels."""
        channels = x.shape[-1]
        if channels % self.groups:
            fitting = ", ".join(str(n) for n in range(1, channels + 1) if channels % n == 0)
            raise misfit(graph, f"{self.groups} groups do not divide {channels} channels", f"choose of {fitting}")
        gain, bias = _gain(graph, channels), _bias(graph, channels)
        y, _, _ = graph.apply("group_norm", x, gain, bias, groups=self.groups, eps=self.epsilon)
        return y
