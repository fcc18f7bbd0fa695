"""A trained network as an ONNX file, which is kept only if onnxruntime gives what the reference kernels give."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime

from dltool import __version__
from dltool.export.expected import expected_outputs, require_alike
from dltool.export.exported import Exported, Port
from dltool.export.onnx.graph import add_network
from dltool.export.onnx.inputs import Example, Inputs, inputs_of
from dltool.export.onnx.model import Model
from dltool.export.onnx.outputs import Outputs
from dltool.export.opening import Trained


@dataclass(frozen=True)
class Built:
    """A model, and what is needed to try it."""

    proto: onnx.ModelProto
    inputs: Inputs


def export_onnx(trained: Trained, name: str, *, preprocessing: bool) -> Exported:
    """The file; raises InputError for what ONNX cannot say, and RunError if onnxruntime disagrees."""
    built = build(trained, name, preprocessing=preprocessing)
    content = built.proto.SerializeToString()
    difference = checked(trained, built, content)
    summary = (
        f"ONNX, operator set {built.proto.opset_import[0].version}; in onnxruntime {onnxruntime.__version__} the"
        f" outputs of {trained.tried} samples differ from dltool's by at most {difference:.1g}"
    )
    graph = built.proto.graph
    notes = list(built.inputs.differences)
    if any(each.domain == "com.microsoft" for each in built.proto.opset_import):
        notes.append("the file divides texts by an operator of onnxruntime, which other runtimes may not have")
    return Exported(content, summary, _ports(graph.input, built.inputs.meanings), _ports(graph.output, {}), notes)


def build(trained: Trained, name: str, *, preprocessing: bool) -> Built:
    """The model of a trained network."""
    model, network = Model(), trained.forward(fold=True)
    inputs = inputs_of(trained, network, preprocessing=preprocessing)
    prepared = inputs.add(model)
    Outputs(trained, network).add(model, add_network(model, network, prepared), prepared)
    return Built(model.proto(name, _metadata(trained)), inputs)


def checked(trained: Trained, built: Built, content: bytes) -> float:
    """The largest difference, for samples made up; raises RunError where onnxruntime disagrees."""
    example = built.inputs.example(np.random.default_rng(0))
    return require_alike(run(content, example), expected_outputs(trained, example.samples), "ONNX")


def run(content: bytes, example: Example) -> Mapping[str, Any]:
    """The outputs of a model by name."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    wanted = {each.name: each.shape for each in session.get_inputs()}
    given = {name: array for name, array in example.given.items() if name in wanted}
    for name, shape in wanted.items():  # memories, which are empty at first
        given.setdefault(name, np.zeros((len(example.samples), *shape[1:]), np.float32))
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


def _metadata(trained: Trained) -> dict[str, str]:
    """What a program may want to know, as JSON: it is text under names of its own in the file."""
    signature = trained.signature
    known = {
        "task": signature.task,
        "classes": signature.classes,
        "targets": None if signature.classes else signature.targets,
        "quantiles": trained.network(1).quantiles or None,
        "vocabulary": trained.preprocessing.source_state.get("vocabulary") if signature.task == "tokens" else None,
    }
    return {"dltool": __version__, **{name: json.dumps(each) for name, each in known.items() if each is not None}}


def _ports(infos: Sequence[onnx.ValueInfoProto], meanings: Mapping[str, str]) -> list[Port]:
    return [Port(info.name, _kind(info), meanings.get(info.name, "")) for info in infos]


def _kind(info: onnx.ValueInfoProto) -> str:
    """Type and shape, as in `float32 [N, 10]`."""
    tensor = info.type.tensor_type
    name = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name.replace("object", "string")
    sizes = [axis.dim_param or str(axis.dim_value) for axis in tensor.shape.dim]
    return f"{name} [{', '.join(sizes)}]"
