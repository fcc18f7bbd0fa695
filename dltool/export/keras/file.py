"""A trained network as a safetensors file in the layout of Keras, and the program that defines and loads it there."""

from __future__ import annotations

import json

from dltool.export.exported import Exported
from dltool.export.keras.model import Model
from dltool.export.opening import Trained
from dltool.export.program import about, add_network
from dltool.export.tensors import described, tensor_file

#: where the functions of ops are
OPS = "dltool.export.keras.ops"


def export_keras(trained: Trained, file: str) -> Exported:
    """The tensors and the program, which expects them in `file`; raises InputError for an op that Keras lacks."""
    model = write(trained)
    summary = f"{len(model.tensors)} tensors as Keras has them"
    return Exported(tensor_file(model.tensors, described(trained)), summary, program=program(trained, model, file))


def write(trained: Trained) -> Model:
    """The model; it takes prepared samples and returns scores, before the output activation."""
    model, network = Model(), trained.forward(fold=False)
    scores = add_network(model, network, OPS, "Keras")
    for name, value in network.inputs.items():
        model.inputs.append(name)
        model.layers.append(f'{name} = keras.Input({value.shape}, name="{name}", dtype="{value.spec.dtype}")')
    model.let(scores.name)
    return model


def program(trained: Trained, model: Model, file: str) -> str:
    """The text of the program."""
    *body, output = model.lines()
    given = f"[{', '.join(model.inputs)}]" if len(model.inputs) > 1 else model.inputs[0]
    lines = "\n".join([*model.layers, *body])
    return f"""# {about(trained)}
import keras
from keras import layers, ops
from safetensors.numpy import load_file

weights = load_file({json.dumps(file)})
{lines}
network = keras.Model({given}, {output.partition(" = ")[2]})
for variable in network.weights:
    variable.assign(weights[variable.path])
"""
