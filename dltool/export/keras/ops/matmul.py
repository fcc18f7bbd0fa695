"""Products with weights, which are those of Keras."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def matmul(model: Model, x: Operand, w: Operand) -> Variable:
    """Dense."""
    tensors = {"kernel": w.known}
    if x.bias:
        tensors["bias"] = x.bias.known
    bias = "" if x.bias else "use_bias=False, "
    return model.layer(w.path, f"Dense({w.shape[1]}, {bias}{{}})", x.made.name, tensors)


def matmul_data_gradient(model: Model, dy: Operand, w: Operand) -> Variable:
    """matmul by the transposed weights of another layer."""
    bias = f" + {model.tensor(dy.bias)}" if dy.bias else ""
    return model.let(f"ops.matmul({dy.made.name}, ops.transpose({model.tensor(w)})){bias}")
