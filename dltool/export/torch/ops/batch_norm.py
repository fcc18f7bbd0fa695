"""Batch normalization."""

from __future__ import annotations

import numpy as np

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def batch_norm_inference(
    module: Module, x: Operand, gain: Operand, bias: Operand, mean: Operand, variance: Operand, *, eps: float
) -> Variable:
    """BatchNorm1d or BatchNorm2d."""
    tensors = {"weight": gain.known, "bias": bias.known, "running_mean": mean.known, "running_var": variance.known}
    tensors["num_batches_tracked"] = np.zeros((), np.int64)
    kind = f"BatchNorm{2 if len(x.shape) == 3 else 1}d"
    norm = module.layer(mean.path, f"nn.{kind}({mean.shape[0]}, eps={eps:.9g})", tensors, "running_mean")
    return module.let(f"{norm}({module.first(x)})", first=len(x.shape) > 1)
