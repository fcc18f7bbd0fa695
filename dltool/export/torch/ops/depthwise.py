"""Convolutions that keep channels apart."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.conv import convolved
from dltool.kernels.geometry import Geometry
from dltool.layouts import outputs_first


def depthwise(module: Module, x: Operand, w: Operand, **geometry: int) -> Variable:
    """Conv1d or Conv2d with as many groups as channels, and the weights (…, 1, C) as (C, 1, …)."""
    weights = outputs_first(w.known)
    return convolved(module, x, w, weights, x.shape[-1], Geometry(**geometry))
