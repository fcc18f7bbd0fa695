"""Layers with several parallel paths."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from dltool.layers.layer import AnyLayer, Layer, Layers, build_layers, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "residual", main="layers")
class Residual(Layer):
    """Adds its input to what its layers make of it (He et al. 2016)."""

    layers: Layers

    def build(self, graph: Graph, x: Value) -> Value:
        """The shape of `x`; raises InputError where the layers change it."""
        y = build_layers(graph, self.layers, x)
        if y.shape != x.shape:
            raise misfit(
                graph,
                f"the layers turn {list(x.shape)} into {list(y.shape)}, which cannot be added to the input",
                f"let the last one give {list(x.shape)}, or change the shape before this layer",
            )
        return graph.apply("add", y, x)


@register("layer", "parallel", main="branches")
class Parallel(Layer):
    """Gives its input to several branches and adds or joins their outputs."""

    takes_integers: ClassVar = True
    takes_table: ClassVar = True

    branches: Annotated[list[list[AnyLayer]], Field(min_length=2)] = Field(
        description="lists of layers; an empty one passes the input on"
    )
    merge: Literal["add", "concat"] = Field(default="add", description="concat joins along the last axis")

    def build(self, graph: Graph, x: Value) -> Value:
        """Raises InputError where the shapes of the branches do not fit together."""
        outputs: list[Value] = []
        for layers in self.branches:
            with graph.scope("branch"):
                outputs.append(build_layers(graph, layers, x))
        if len({y.spec.dtype for y in outputs}) > 1:
            raise misfit(graph, "some branches give integers, others numbers", "put an embedding over the integers")
        first = outputs[0].shape
        shapes = ", ".join(str(list(y.shape)) for y in outputs)
        if self.merge == "add":
            if any(y.shape != first for y in outputs):
                raise misfit(graph, f"cannot add branches of shapes {shapes}", "make them alike, or use merge: concat")
            return reduce(lambda a, b: graph.apply("add", a, b), outputs)
        if any(y.shape[:-1] != first[:-1] for y in outputs):
            raise misfit(graph, f"cannot join branches of shapes {shapes}", "only the last axis may differ")
        return graph.apply("concat", *outputs)
