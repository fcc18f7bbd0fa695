"""Keras's side of the imports: CNNs, recurrent and residual networks, ten training steps of some.

`python tests/importing/recording/keras_networks.py` (with Keras 3) writes .keras files, samples, outputs and losses to
tests/golden/imports/.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras  # pyright: ignore[reportMissingImports]
import numpy as np
from keras import layers  # pyright: ignore[reportMissingImports]

GOLDEN = Path(__file__).parents[2] / "golden" / "imports"
STEPS, BATCH = 10, 8


def cnn() -> Any:
    """A classifier of images, with everything that such networks are usually made of."""
    return keras.Sequential(
        [
            keras.Input((12, 10, 2)),
            layers.Conv2D(6, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(8, 3, activation="relu"),
            layers.Dropout(0.0),
            layers.Flatten(),
            layers.Dense(9, activation="gelu"),
            layers.Dense(4, activation="softmax"),
        ]
    )


def residual() -> Any:
    """A functional model with a shortcut, two branches that are joined, and a model inside of it."""
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, padding="same")(x)
    y = layers.BatchNormalization(scale=False)(x)
    y = layers.LeakyReLU(0.1)(y)
    y = layers.DepthwiseConv2D(3, padding="same")(y)
    x = layers.Add()([x, y])
    x = layers.Activation("elu")(x)
    tower = keras.Sequential([keras.Input((8, 8, 6)), layers.Conv2D(4, 1), layers.GroupNormalization(2)], name="tower")
    x = layers.Concatenate()([tower(x), layers.Conv2D(3, 3, strides=1, padding="same", activation="tanh")(x)])
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(x)
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="silu")(x)
    x = layers.LayerNormalization()(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Cropping2D(1)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(2)(x))


def recurrent() -> Any:
    """Recurrent layers of all kinds over a series."""
    return keras.Sequential(
        [
            keras.Input((11, 3)),
            layers.Conv1D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
            layers.GRU(6, return_sequences=True),
            layers.TimeDistributed(layers.Dense(4, activation="relu")),
            layers.SimpleRNN(7),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


NETWORKS: dict[str, tuple[Callable[[], Any], str, int]] = {
    "cnn": (cnn, "sparse_categorical_crossentropy", 4),
    "residual": (residual, "mse", 2),
    "recurrent": (recurrent, "binary_crossentropy", 2),
}


def record(name: str) -> None:
    """Writes the files of one network."""
    keras.utils.set_random_seed(1)
    make, loss, classes = NETWORKS[name]
    network = make()
    generator = np.random.default_rng(2)
    x = generator.normal(size=(STEPS * BATCH, *network.input_shape[1:])).astype(np.float32)
    y = np.arange(STEPS * BATCH) % classes
    if loss == "mse":
        y = generator.normal(size=(STEPS * BATCH, classes)).astype(np.float32)
    for variable in network.variables:  # as a training leaves them
        if len(variable.shape) == 1:
            low = 0.5 if "variance" in variable.path or "gamma" in variable.path else -0.2
            variable.assign(generator.uniform(low, low + 0.7, variable.shape))
    network.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss)
    network.save(GOLDEN / f"keras_{name}.keras")
    if name == "recurrent":
        network.save_weights(GOLDEN / f"keras_{name}.weights.h5")
    outputs = network.predict(x, verbose=0)
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        losses.append(float(network.train_on_batch(x[rows], y[rows])))
        network.reset_metrics()
    after = network.predict(x, verbose=0)
    np.savez_compressed(GOLDEN / f"keras_{name}.npz", x=x, y=y, outputs=outputs, losses=losses, after=after)


if __name__ == "__main__":
    for each in NETWORKS:
        record(each)
