"""Convolutions, whose weights are those of Keras."""

from __future__ import annotations

import numpy as np

from dltool.errors import InputError, Problem
from dltool.export.keras.model import Model
from dltool.export.keras.ops.places import of_axes, padded
from dltool.export.program import Operand, Variable, layer_name
from dltool.kernels.geometry import Geometry


def conv(model: Model, x: Operand, w: Operand, **geometry: int) -> Variable:
    """Conv1D or Conv2D."""
    g = Geometry(**geometry)
    seen, padding = padded(model, x, g)
    options = {
        "strides": of_axes(x, g.stride_height, g.stride_width),
        "dilation_rate": of_axes(x, g.dilation_height, g.dilation_width),
    }
    return _layer(model, f"Conv{len(x.shape) - 1}D", x, w, f"{w.shape[-1]}, ", g, seen, padding, options)


def conv_data_gradient(model: Model, dy: Operand, w: Operand, **geometry: int) -> Variable:
    """Conv1DTranspose or Conv2DTranspose, of which the border is cut off; raises InputError where Keras makes less."""
    g = Geometry(**geometry)
    options = {
        "strides": of_axes(dy, g.stride_height, g.stride_width),
        "dilation_rate": of_axes(dy, g.dilation_height, g.dilation_width),
    }
    kind = f"Conv{len(dy.shape) - 1}DTranspose"
    large = _layer(model, kind, dy, w, f"{w.shape[-2]}, ", g, dy.made.name, "", options)
    after = []
    for size, out, kernel, stride, dilation, before in zip(
        of_axes(dy, g.height, g.width),
        of_axes(dy, g.out_height, g.out_width),
        of_axes(dy, g.kernel_height, g.kernel_width),
        options["strides"],
        options["dilation_rate"],
        of_axes(dy, g.top, g.left),
        strict=True,
    ):
        after.append(out * stride + max((kernel - 1) * dilation + 1 - stride, 0) - before - size)
    if min(after) < 0:
        message = f"Keras makes less than {[g.height, g.width]} of this transposed convolution"
        raise InputError(Problem(message, where=f"layer {layer_name(w.path)}"))
    cut = tuple(zip(of_axes(dy, g.top, g.left), after, strict=True))
    if not any(map(any, cut)):
        return large
    return model.let(f"layers.Cropping{len(cut)}D({cut if len(cut) == 2 else cut[0]})({large.name})")


def _layer(
    model: Model,
    kind: str,
    x: Operand,
    w: Operand,
    filters: str,
    geometry: Geometry,
    seen: str,
    padding: str,
    options: dict[str, list[int]],
    weights: np.ndarray | None = None,
) -> Variable:
    """What a new layer makes, with those options that are not usual."""
    if any(each > 1 for each in options["strides"]) and any(each > 1 for each in options["dilation_rate"]):
        message = "Keras has no convolution with both a stride and a dilation"
        raise InputError(Problem(message, where=f"layer {layer_name(w.path)}"))
    tensors = {"kernel": w.known if weights is None else weights}
    named = [f"{option}={tuple(each)}" for option, each in options.items() if set(each) != {1}]
    named += [f'padding="{padding}"'] if padding else []
    if x.bias:
        tensors["bias"] = x.bias.known
    else:
        named.append("use_bias=False")
    kernel = tuple(of_axes(x, geometry.kernel_height, geometry.kernel_width))
    construction = f"{kind}({filters}{', '.join([str(kernel), *named])}, {{}})"
    return model.layer(w.path, construction, seen, tensors)


def depthwise_layer(model: Model, x: Operand, w: Operand, geometry: Geometry) -> Variable:
    """DepthwiseConv1D or DepthwiseConv2D, with the weights (…, 1, C) as (…, C, 1)."""
    seen, padding = padded(model, x, geometry)
    options = {
        "strides": of_axes(x, geometry.stride_height, geometry.stride_width),
        "dilation_rate": of_axes(x, geometry.dilation_height, geometry.dilation_width),
    }
    kind = f"DepthwiseConv{len(x.shape) - 1}D"
    return _layer(model, kind, x, w, "", geometry, seen, padding, options, np.swapaxes(w.known, -1, -2))
