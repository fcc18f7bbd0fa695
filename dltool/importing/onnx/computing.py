"""A model of ONNX run once on a few samples: which of its values are constants, and what shapes the others have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dltool.errors import InputError, Problem
from dltool.formatting import plural

#: samples of the batch
BATCH = 2
#: operators that look at nothing but shapes
_OF_SHAPES = ("Shape", "Size")


@dataclass(frozen=True)
class Computed:
    """The nodes that depend on samples, and the arrays of a run."""

    nodes: list[Any]  # in the order of running
    input: str
    output: str
    arrays: Mapping[str, np.ndarray]  # of all values
    variable: frozenset[str]  # values that depend on samples
    torch: bool  # whether PyTorch has written it

    def is_constant(self, name: str) -> bool:
        """Whether a value is the same for all samples; what is left out is none."""
        return bool(name) and name not in self.variable


def compute(path: Path, shape: tuple[int, ...] | None) -> Computed:
    """Run a file; `shape` is that of a sample. Raises InputError for other files, and for open lengths."""
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        message = f"needs the library {error.name}: pip install 'dltool[onnx]'"
        raise InputError(Problem(message, str(path))) from None
    try:
        model = onnx.load(str(path))
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf and onnx have no common class of errors
        said = " ".join(str(error).split())
        raise InputError(Problem(f"not an ONNX file, or damaged ({said[:200]})", str(path))) from None
    graph = model.graph
    held = {tensor.name for tensor in graph.initializer}
    inputs = [one for one in graph.input if one.name not in held]
    outputs = [one.name for one in graph.output if one.type.tensor_type.elem_type == onnx.TensorProto.FLOAT]
    if len(inputs) != 1 or len(outputs) != 1:  # labels may stand beside probabilities
        found = f"{plural(len(inputs), 'input')} and {plural(len(outputs), 'output')} of float32"
        raise InputError(Problem(f"has {found}; networks of dltool have one of each", str(path)))
    lengths = _lengths(inputs[0], shape, path)
    for axis, length in zip(inputs[0].type.tensor_type.shape.dim, lengths, strict=True):
        axis.dim_value = length
    names = [name for node in graph.node for name in node.output if name]
    del graph.output[:]
    graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(names))
    samples = np.random.default_rng(0).normal(size=lengths).astype(np.float32)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        made = session.run(None, {inputs[0].name: samples})
    except Exception as error:  # onnxruntime's classes of errors are its own
        raise InputError(
            Problem(f"onnxruntime cannot run it ({' '.join(str(error).split())[:200]})", str(path))
        ) from None
    arrays: dict[str, np.ndarray] = {}
    arrays |= {one.name: np.asarray(array) for one, array in zip(session.get_outputs(), made, strict=True)}
    arrays |= {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    arrays[inputs[0].name] = samples
    variable = {inputs[0].name}
    nodes = []
    for node in graph.node:
        if node.op_type not in _OF_SHAPES and variable & set(node.input):
            variable |= {name for name in node.output if name}
            nodes.append(node)
    needed = _leading_to(outputs[0], nodes)
    torch = model.producer_name == "pytorch"
    return Computed(needed, inputs[0].name, outputs[0], arrays, frozenset(variable), torch)


def _leading_to(output: str, nodes: list[Any]) -> list[Any]:
    """The nodes that an output follows from."""
    wanted, kept = {output}, []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]


def _lengths(given: Any, shape: tuple[int, ...] | None, path: Path) -> tuple[int, ...]:
    """The lengths of the axes of the input."""
    axes = given.type.tensor_type.shape.dim
    if given.type.tensor_type.elem_type != 1:
        message = (
            f"its input '{given.name}' is not float32; networks that take codes, words or bytes have no counterpart"
        )
        raise InputError(Problem(message, str(path)))
    fixed = tuple(axis.dim_value for axis in axes[1:])
    lengths = shape or fixed
    fits = len(lengths) == len(fixed) and all(one in (0, other) for one, other in zip(fixed, lengths, strict=True))
    if shape and not fits:
        message = f"--shape {','.join(map(str, shape))} does not fit its input, which is of the shape {_shown(axes)}"
        raise InputError(Problem(message, str(path)))
    if len(lengths) != len(axes) - 1 or 0 in lengths or not lengths:
        message = f"its input is of the shape {_shown(axes)}; give that of a sample in numbers: --shape 3,32,32"
        raise InputError(Problem(message, str(path)))
    return (BATCH, *lengths)


def _shown(axes: Any) -> str:
    """The lengths of a sample's axes, or what they are called where they are open."""
    return "×".join(str(axis.dim_value) if axis.dim_value else axis.dim_param or "any" for axis in axes[1:])
