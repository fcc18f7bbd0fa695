"""Convolutions."""

from __future__ import annotations

import numpy as np

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.places import of_axes, padded, sides
from dltool.kernels.geometry import Geometry, covered
from dltool.layouts import outputs_first


def conv(module: Module, x: Operand, w: Operand, **geometry: int) -> Variable:
    """Conv1d or Conv2d, with the weights (…, C, N) as (N, C, …)."""
    return convolved(module, x, w, outputs_first(w.known), 1, Geometry(**geometry))


def conv_data_gradient(module: Module, dy: Operand, w: Operand, **geometry: int) -> Variable:
    """ConvTranspose1d or ConvTranspose2d, with the weights (…, C, N) as (N, C, …), and what it has too much cut off."""
    g, axes = Geometry(**geometry), len(dy.shape) - 1
    reach = covered(g)
    more = of_axes(dy, *(max(0, size) for size in (g.top + g.height - reach[0], g.left + g.width - reach[1])))
    weights = outputs_first(w.known)
    options = {
        "stride": of_axes(dy, g.stride_height, g.stride_width),
        "dilation": of_axes(dy, g.dilation_height, g.dilation_width),
        "output_padding": more,
    }
    kernel = of_axes(dy, g.kernel_height, g.kernel_width)
    layer = _layer(module, f"ConvTranspose{axes}d", dy, w, weights, weights.shape[:2], kernel, options)
    large = module.let(f"{layer}({module.first(dy)})", first=True)
    parts = of_axes(dy, f"{g.top}:{g.top + g.height}", f"{g.left}:{g.left + g.width}")
    return module.let(f"{large.name}[:, :, {', '.join(parts)}]", first=True)


def convolved(module: Module, x: Operand, w: Operand, weights: np.ndarray, groups: int, geometry: Geometry) -> Variable:
    """A convolution in groups, of weights (N, C / groups, …)."""
    before, after = sides(x, geometry)
    alike = before == after
    options = {
        "stride": of_axes(x, geometry.stride_height, geometry.stride_width),
        "padding": before if alike else [0] * len(before),
        "dilation": of_axes(x, geometry.dilation_height, geometry.dilation_width),
    }
    if groups > 1:
        options["groups"] = [groups]
    kernel = of_axes(x, geometry.kernel_height, geometry.kernel_width)
    channels = x.shape[-1], len(weights)
    layer = _layer(module, f"Conv{len(x.shape) - 1}d", x, w, weights, channels, kernel, options)
    seen = module.first(x) if alike else padded(module, x, before, after)
    return module.let(f"{layer}({seen})", first=True)


def _layer(
    module: Module,
    kind: str,
    x: Operand,
    w: Operand,
    weights: np.ndarray,
    channels: tuple[int, ...],
    kernel: list[int],
    options: dict[str, list[int]],
) -> str:
    """A new layer, with those options that are not usual."""
    usual = {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0, "groups": 1}
    named = [f"{name}={_short(each)}" for name, each in options.items() if set(each) != {usual[name]}]
    tensors = {"weight": weights}
    if x.bias:
        tensors["bias"] = x.bias.known
    else:
        named.append("bias=False")
    construction = f"nn.{kind}({', '.join([*map(str, channels), _short(kernel), *named])})"
    return module.layer(w.path, construction, tensors)


def _short(numbers: list[int]) -> str:
    return str(numbers[0]) if len(set(numbers)) == 1 else str(tuple(numbers))
