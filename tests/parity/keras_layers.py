"""Recurrent layers of Keras with random weights; tests/golden/keras_layers.npz has their weights and outputs.

`KERAS_BACKEND=torch python -m tests.parity.keras_layers` (with Keras and PyTorch, without dltool) records them anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "keras_layers.npz"
UNITS, STEPS, CHANNELS = 6, 4, 5
#: steps of each sample that are no padding
LENGTHS = np.array([4, 1, 3])

KINDS = ("LSTM", "GRU", "SimpleRNN")
#: fields of dltool's layer by the name of a case; padded: only the first steps are given, and the last of them sought
FORMS: dict[str, dict[str, Any]] = {
    "all steps": {"return_sequences": True},
    "padded": {},
    "padded, in both directions": {"bidirectional": True},
}
CASES = [(kind, form) for kind in KINDS for form in FORMS]


def inputs() -> np.ndarray:
    """Samples (3, steps, channels)."""
    return np.random.default_rng(0).standard_normal((len(LENGTHS), STEPS, CHANNELS), dtype=np.float32)


def _output(kind: str, form: str) -> tuple[list[np.ndarray], np.ndarray]:
    """The weights of a layer in Keras's order, with biases that are not zero, and its output."""
    import keras  # pyright: ignore[reportMissingImports]

    fields = FORMS[form]
    layer = getattr(keras.layers, kind)(UNITS, return_sequences=fields.get("return_sequences", False))
    if fields.get("bidirectional"):
        layer = keras.layers.Bidirectional(layer)
    layer.build((None, STEPS, CHANNELS))
    generator = np.random.default_rng(CASES.index((kind, form)))
    weights = [generator.normal(0, 0.5, variable.shape).astype(np.float32) for variable in layer.weights]
    layer.set_weights(weights)
    mask = np.arange(STEPS) < LENGTHS[:, None] if form.startswith("padded") else None
    return weights, keras.ops.convert_to_numpy(layer(inputs(), mask=mask))


def record() -> None:
    """Writes what Keras computes."""
    arrays: dict[str, np.ndarray] = {}
    for kind, form in CASES:
        weights, arrays[f"{kind}, {form}: output"] = _output(kind, form)
        arrays |= {f"{kind}, {form}: {number}": weight for number, weight in enumerate(weights)}
    np.savez_compressed(GOLDEN, allow_pickle=False, **arrays)


if __name__ == "__main__":
    record()
