"""Layers that give a sample another shape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "flatten")
class Flatten(Layer):
    """Puts all elements of a sample on one axis."""

    mixes_steps: ClassVar[bool] = True

    def build(self, graph: Graph, x: Value) -> Value:
        """(…) → (elements,)."""
        return x if x.shape == (x.spec.size,) else graph.apply("reshape", x, shape=(x.spec.size,))


@register("layer", "transpose")
class Transpose(Layer):
    """Exchanges the last two axes, such as steps and channels of a time series."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, a, b) → (…, b, a)."""
        return graph.apply("transpose", x, first=-2, second=-1)


@register("layer", "reshape", main="shape")
class Reshape(Layer):
    """Gives a sample another shape with as many elements."""

    mixes_steps: ClassVar[bool] = True

    shape: Annotated[tuple[int, ...], Field(strict=False, min_length=1)] = Field(
        description="without the batch; one -1 stands for what is left"
    )

    @field_validator("shape")
    @classmethod
    def _at_most_one_is_open(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        if any(length < 1 and length != -1 for length in shape) or shape.count(-1) > 1:
            raise ValueError("expected positive lengths, at most one of them -1")
        return shape

    def build(self, graph: Graph, x: Value) -> Value:
        """(…) → shape; raises InputError where the elements do not come out even."""
        known = prod(length for length in self.shape if length != -1)
        shape = tuple(x.spec.size // known if length == -1 else length for length in self.shape)
        if prod(shape) != x.spec.size:
            raise misfit(
                graph,
                f"cannot reshape {list(x.shape)} to {list(self.shape)}",
                f"a sample has {x.spec.size} elements, this shape "
                + ("a multiple of " if -1 in self.shape else "")
                + str(known),
            )
        return graph.apply("reshape", x, shape=shape)
