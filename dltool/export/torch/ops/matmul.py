"""Products with weights."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def matmul(module: Module, x: Operand, w: Operand) -> Variable:
    """Linear, whose weights are (outputs, inputs)."""
    inputs, outputs = w.shape
    tensors = {"weight": w.known.T}
    if x.bias:
        tensors["bias"] = x.bias.known
    bias = "" if x.bias else ", bias=False"
    layer = module.layer(w.path, f"nn.Linear({inputs}, {outputs}{bias})", tensors)
    return module.let(f"{layer}({module.last(x)})")


def matmul_data_gradient(module: Module, dy: Operand, w: Operand) -> Variable:
    """linear by the weights of another layer."""
    bias = f", {module.tensor(dy.bias)}" if dy.bias else ""
    return module.let(f"functional.linear({module.last(dy)}, {module.tensor(w)}{bias})")
