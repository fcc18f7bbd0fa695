"""The contract of activations: functions without parameters, a field of other layers or a layer of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pydantic import create_model

from dltool.config.description import Description
from dltool.layers.layer import Layer
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


class Activation(Description):
    """A function of the values of a layer; by default the op of the same name, without attributes."""

    def apply(self, graph: Graph, x: Value) -> Value:
        """Adds the function to `graph` and returns its value, of the shape of `x`."""
        return graph.apply(self.yaml_name, x)

    def build(self, graph: Graph, x: Value) -> Value:
        """The same, as a layer."""
        return self.apply(graph, x)


AnyActivation = TypeVar("AnyActivation", bound=type[Activation])


def register_activation(name: str, *, main: str | None = None) -> Callable[[AnyActivation], AnyActivation]:
    """Class decorator: make an activation available under `name`, as a field's value and as a layer."""

    def decorate(activation: AnyActivation) -> AnyActivation:
        # a class of its own, so that `name` is a key of the layer only
        layer = create_model(
            f"{activation.__name__}Layer",
            __base__=(activation, Layer),
            __doc__=activation.__doc__,
            __module__=activation.__module__,
        )
        register("layer", name, main=main)(layer)
        return register("activation", name, main=main)(activation)

    return decorate
