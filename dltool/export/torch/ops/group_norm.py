"""Group normalization."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def group_norm(module: Module, x: Operand, gain: Operand, bias: Operand, *, groups: int, eps: float) -> Variable:
    """GroupNorm."""
    tensors = {"weight": gain.known, "bias": bias.known}
    norm = module.layer(gain.path, f"nn.GroupNorm({groups}, {x.shape[-1]}, eps={eps:.9g})", tensors, "gain")
    return module.let(f"{norm}({module.first(x)})", first=len(x.shape) > 1)
