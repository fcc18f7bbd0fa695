"""The simple recurrent network."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def simple_rnn(model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, *, relu: int) -> Variable:
    """SimpleRNN."""
    arrays = {"kernel": weight.known, "recurrent_kernel": recurrent.known, "bias": bias.known}
    tensors = {f"simple_rnn_cell/{name}": array for name, array in arrays.items()}
    activation = 'activation="relu", ' if relu else ""
    construction = f"SimpleRNN({recurrent.shape[0]}, {activation}return_sequences=True, {{}})"
    return model.layer(recurrent.path, construction, x.made.name, tensors, "recurrent_weight")
