"""Layer normalization."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def layer_norm(module: Module, x: Operand, gain: Operand, bias: Operand, *, eps: float) -> Variable:
    """LayerNorm."""
    tensors = {"weight": gain.known, "bias": bias.known}
    norm = module.layer(gain.path, f"nn.LayerNorm({x.shape[-1]}, eps={eps:.9g})", tensors, "gain")
    return module.let(f"{norm}({module.last(x)})")
