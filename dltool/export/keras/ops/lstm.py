"""Long short-term memory."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def lstm(model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand) -> Variable:
    """LSTM, whose gates are in the same order."""
    arrays = {"kernel": weight.known, "recurrent_kernel": recurrent.known, "bias": bias.known}
    tensors = {f"lstm_cell/{name}": array for name, array in arrays.items()}
    construction = f"LSTM({recurrent.shape[0]}, return_sequences=True, {{}})"
    return model.layer(recurrent.path, construction, x.made.name, tensors, "recurrent_weight")
