"""What recurrent layers of PyTorch have in common."""

from __future__ import annotations

import numpy as np

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def recurrent_layer(
    module: Module,
    kind: str,
    x: Operand,
    weight: Operand,
    bias: Operand,
    recurrent: Operand,
    second: np.ndarray,
    more: str = "",
) -> Variable:
    """The outputs of all steps of a layer; `second` are the biases of the products from step to step."""
    tensors = {
        "weight_ih_l0": weight.known.T,
        "weight_hh_l0": recurrent.known.T,
        "bias_ih_l0": bias.known,
        "bias_hh_l0": second,
    }
    sizes = f"{weight.shape[0]}, {recurrent.shape[0]}"
    layer = module.layer(recurrent.path, f"nn.{kind}({sizes}, {more}batch_first=True)", tensors, "recurrent_weight")
    return module.let(f"{layer}({module.last(x)})[0]")
