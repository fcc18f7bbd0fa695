"""The contract of layers, and how a list of them is built.

A layer holds its YAML fields and says how its output is made of ops and parameters. It does no arithmetic and has no
backward: ops have both.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from dltool.config.description import Component, Description
from dltool.errors import InputError, Problem
from dltool.ops.graph import BuiltLayer
from dltool.ops.op import ShapeError

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


class Layer(Description):
    """One step from a network's input to its output."""

    #: the input may be integers, such as codes of words
    takes_integers: ClassVar[bool] = False
    #: the input may be a whole table, whose columns are taken by name
    takes_table: ClassVar[bool] = False
    #: steps of a sequence are combined, so that padding must be zero
    mixes_steps: ClassVar[bool] = False

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None, description="of its parameters, in place of its kind and a number"
    )

    @abstractmethod
    def build(self, graph: Graph, x: Value) -> Value:
        """Adds the layer to `graph` and returns its output; raises InputError or ShapeError where `x` does not fit."""

    def lengths(self, graph: Graph, x: Value, y: Value) -> Value | None:
        """How many steps of the output `y` are no padding, for an input `x` with lengths; None: it has no steps."""
        return x.lengths if len(y.shape) > 1 and y.shape[0] == x.shape[0] else None

    def resolved(self) -> str | dict[str, Any]:
        """Every field with its value under the layer's own kind, `name` only where one was given."""
        fields = self.model_dump()
        if self.name is None:
            del fields["name"]
        return {self.yaml_name: fields} if fields else self.yaml_name


AnyLayer = Annotated[Layer, Component("layer")]
Layers = Annotated[list[AnyLayer], Field(min_length=1)]


def build_layers(graph: Graph, layers: Sequence[Layer], x: Value) -> Value:
    """Adds layers one after the other, each in a scope of its own; raises InputError that names the layer."""
    taken: set[str] = set()
    for layer in layers:
        with graph.scope(layer.yaml_name, layer.name):
            if graph.layer in taken:
                raise misfit(graph, "two layers have this name", "give one of them another `name`")
            taken.add(graph.layer)
            if x is graph.table and not layer.takes_table:
                raise misfit(graph, f"{layer.yaml_name} gets no columns", "put `columns: NAMES` before it")
            if x.spec.dtype != "float32" and not layer.takes_integers:
                raise misfit(graph, f"{layer.yaml_name} takes numbers, got integers", "put an embedding before it")
            if graph.context is not None and layer.mixes_steps:
                hint = "use recurrent layers, or attention with causal: true"
                raise sees_later_tokens(graph, layer.yaml_name, hint)
            before, place = x, len(graph.layers)
            try:
                x = layer.build(graph, _masked(graph, x) if layer.mixes_steps else x)
            except ShapeError as error:
                raise InputError(Problem(str(error), path=graph.layer)) from None
            if before.lengths is not None and x.lengths is None:
                x.lengths = layer.lengths(graph, before, x)
            graph.layers.insert(place, BuiltLayer(graph.layer, layer.yaml_name, before.spec, x.spec))
    if x is graph.table:
        raise misfit(graph, "takes no columns", "put `columns: NAMES` first")
    return x


def stateful_layers(layers: Sequence[Any]) -> list[Layer]:
    """The layers that remember the batch before, those inside of other layers included."""
    found: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Layer):
            inner = stateful_layers([value for _, value in layer])
            found += [layer, *inner] if getattr(layer, "stateful", False) else inner
        elif isinstance(layer, list):
            found += stateful_layers(layer)
    return found


def _masked(graph: Graph, x: Value) -> Value:
    """`x` with zeros for padding."""
    return x if x.lengths is None else graph.apply("mask", x, x.lengths)


def sees_later_tokens(graph: Graph, what: str, hint: str) -> InputError:
    """The error of a layer in a language model that would look at the tokens to predict."""
    return misfit(graph, f"each token is predicted from those before it, but {what} looks at later ones, too", hint)


def misfit(graph: Graph, what: str, hint: str) -> InputError:
    """The error of a layer that cannot be built: what is wrong, and what the user can do."""
    return InputError(Problem(f"{what}; {hint}", path=graph.layer))
