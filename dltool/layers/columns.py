"""Naming the columns of a table that a branch of the network takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from dltool.config.columns import ColumnName, SomeColumnNames
from dltool.errors import did_you_mean
from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "columns", main="names")
class Columns(Layer):
    """Takes some columns of the table, whatever comes before: a sequence, or numbers and categories side by side."""

    takes_integers: ClassVar = True
    takes_table: ClassVar = True

    names: ColumnName | SomeColumnNames = Field(description="one column, or a list of them")

    @property
    def listed(self) -> list[str]:
        """The names."""
        return [self.names] if isinstance(self.names, str) else self.names

    def build(self, graph: Graph, x: Value) -> Value:
        """Codes (length,) of a sequence, or numbers (features,); raises InputError for unknown names and mixtures."""
        names = self.listed
        if not graph.inputs:
            raise misfit(graph, "the data has no columns with names", "leave this layer out")
        for name in names:
            if name not in graph.inputs:
                raise misfit(graph, f"no feature column '{name}'", did_you_mean(name, graph.inputs))
        values = [graph.inputs[name] for name in names]
        sequences = [name for name, value in zip(names, values, strict=True) if value.spec.dtype != "float32"]
        if sequences and len(values) > 1:
            hint = f"give it a branch: columns: {sequences[0]}"
            raise misfit(graph, f"column '{sequences[0]}' is a sequence, which cannot stand beside others", hint)
        return values[0] if len(values) == 1 else graph.apply("concat", *values)


def named_columns(layers: Sequence[Any]) -> Iterator[str]:
    """The columns that layers take by name, those inside of other layers included."""
    for layer in layers:
        if isinstance(layer, Columns):
            yield from layer.listed
        elif isinstance(layer, Layer):
            yield from named_columns([value for _, value in layer])
        elif isinstance(layer, list):
            yield from named_columns(layer)
