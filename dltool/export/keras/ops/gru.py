"""Gated recurrent units."""

from __future__ import annotations

import numpy as np

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable
from dltool.layouts import KERAS_GATES, reordered


def gru(
    model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, recurrent_bias: Operand
) -> Variable:
    """GRU, in which the update gate stands before the reset gate."""
    biases = np.stack([bias.known, recurrent_bias.known])
    arrays = {"kernel": weight.known, "recurrent_kernel": recurrent.known, "bias": biases}
    tensors = {f"gru_cell/{name}": reordered(array, KERAS_GATES["gru"]) for name, array in arrays.items()}
    construction = f"GRU({recurrent.shape[0]}, return_sequences=True, {{}})"
    return model.layer(recurrent.path, construction, x.made.name, tensors, "recurrent_weight")
