"""An ONNX model that is being made: nodes are added one after the other, arrays become initializers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from dltool.ops.op import Spec

#: the lowest operator set that has LayerNormalization and reductions over axes as inputs; text may need a later one
OPSET = 18
#: of the domains beside ONNX's own
DOMAINS = {"ai.onnx.ml": 3, "com.microsoft": 1}

_TYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
    "string": TensorProto.STRING,
}


@dataclass(frozen=True, eq=False)
class Operand:
    """An operand of an op: a value of the model by its name, or an array that is known."""

    spec: Spec
    name: str
    array: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Logical shape, without the batch axis."""
        return self.spec.shape

    @property
    def known(self) -> np.ndarray:
        """The array of a parameter."""
        assert self.array is not None
        return self.array


#: what nodes take: values by name, operands, arrays, and None for what is left out
Input = Operand | np.ndarray | str | None


class Model:
    """Inputs, nodes, initializers and outputs."""

    def __init__(self) -> None:
        self.opset = OPSET
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._arrays: dict[str, onnx.TensorProto] = {}
        self._parameters: dict[str, str] = {}  # names of the arrays of operands
        self._taken: set[str] = set()
        self._domains: set[str] = set()
        self.scope = ""  # of the names of values

    def input(self, name: str, dtype: str, shape: tuple[int | str, ...]) -> str:
        """A new input of the model."""
        self.inputs.append(helper.make_tensor_value_info(name, _TYPES[dtype], shape))
        self._taken.add(name)
        return name

    def output(self, name: str, value: str, dtype: str, shape: tuple[int | str, ...]) -> None:
        """Give a value as an output of this name."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._taken.add(name)
        self.outputs.append(helper.make_tensor_value_info(name, _TYPES[dtype], shape))

    def node(self, op: str, *inputs: Input, domain: str = "", since: int = OPSET, **attributes: Any) -> str:
        """The only output of a new node; `since` is the operator set that it needs."""
        return self.nodes(op, *inputs, outputs=(True,), domain=domain, since=since, **attributes)[0]

    def nodes(
        self,
        op: str,
        *inputs: Input,
        outputs: tuple[bool, ...],
        domain: str = "",
        since: int = OPSET,
        **attributes: Any,
    ) -> list[str]:
        """The outputs of a new node that are wanted; "" for the others."""
        self.opset = max(self.opset, since)
        if domain:
            self._domains.add(domain)
        made = [self._unique(f"{self.scope}{op}") if wanted else "" for wanted in outputs]
        names = [self._name(each) for each in inputs]
        self._nodes.append(helper.make_node(op, names, made, domain=domain, **attributes))
        return made

    def words(self, name: str, texts: list[str]) -> str:
        """A list of texts as a constant."""
        name = self._unique(name)
        self._arrays[name] = numpy_helper.from_array(np.array(texts, object), name)
        return name

    def reshaped(self, x: Input, *shape: int) -> str:
        """x in another shape: 0 keeps an axis, −1 takes what is left."""
        return self.node("Reshape", x, np.array(shape, np.int64))

    def proto(self, name: str, metadata: dict[str, str]) -> onnx.ModelProto:
        """The finished model, without nodes whose outputs nothing reads."""
        nodes = _needed(self._nodes, {each.name for each in self.outputs})
        read = {name for node in nodes for name in node.input}
        arrays = [array for name, array in self._arrays.items() if name in read]
        graph = helper.make_graph(nodes, name, self.inputs, self.outputs, arrays)
        versions = {"": self.opset, **{domain: DOMAINS[domain] for domain in sorted(self._domains)}}
        imports = [helper.make_opsetid(*each) for each in versions.items()]
        model = helper.make_model(graph, opset_imports=imports, producer_name="dltool")
        model.ir_version = helper.find_min_ir_version_for([helper.make_opsetid("", self.opset)])
        helper.set_model_props(model, metadata)
        return model

    def _name(self, value: Input) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, np.ndarray):
            name = self._unique(f"{self.scope}constant")
            self._arrays[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
            return name
        if value.array is None:
            return value.name
        if value.name not in self._parameters:
            name = self._parameters[value.name] = self._unique(value.name)  # an input may have this name
            self._arrays[name] = numpy_helper.from_array(np.asarray(value.array, order="C"), name)
        return self._parameters[value.name]

    def _unique(self, name: str) -> str:
        unique, count = name, 1
        while unique in self._taken:
            count += 1
            unique = f"{name}_{count}"
        self._taken.add(unique)
        return unique


def _needed(nodes: list[onnx.NodeProto], outputs: set[str]) -> list[onnx.NodeProto]:
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed.intersection(filter(None, node.output)):
            needed.update(node.input)
            kept.append(node)
    return kept[::-1]
