"""How frameworks order the numbers of weights that dltool has as (…, inputs, outputs), for export and import alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

#: metadata of exported tensors: the config and the preprocessing of their network, as JSON
CONFIG, PREPROCESSING = "dltool.config", "dltool.preprocessing"
#: gates of recurrent layers where the order is another: their numbers in dltool's order (reset, update, candidate of a
#: GRU; input, forget, cell, output of an LSTM)
KERAS_GATES: Mapping[str, Sequence[int]] = {"gru": (1, 0, 2)}
ONNX_GATES: Mapping[str, Sequence[int]] = {"gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}


def outputs_first(weight: np.ndarray) -> np.ndarray:
    """(outputs, inputs, …) of (…, inputs, outputs), as PyTorch, ONNX and MXNet have the weights of all layers."""
    return np.moveaxis(weight, (-1, -2), (0, 1))


def outputs_last(weight: np.ndarray) -> np.ndarray:
    """(…, inputs, outputs) of (outputs, inputs, …)."""
    return np.moveaxis(weight, (0, 1), (-1, -2))


def reordered(array: np.ndarray, gates: Sequence[int]) -> np.ndarray:
    """The gates along the last axis in another order."""
    parts = np.split(array, len(gates), axis=-1)
    return np.concatenate([parts[gate] for gate in gates], axis=-1)


def restored(array: np.ndarray, gates: Sequence[int]) -> np.ndarray:
    """What `reordered` was given."""
    return reordered(array, np.argsort(gates).tolist())
