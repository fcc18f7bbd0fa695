"""Images (height, width, channels) and series (length, channels): size and padding fields of the layers over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.layers.layer import misfit, way_back

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

#: of height and width
Both = Annotated[list[PositiveInt], Field(min_length=2, max_length=2)]
Places = Annotated[list[NonNegativeInt], Field(min_length=2, max_length=2)]
#: of both ends of height and width
Ends = Annotated[list[Places], Field(min_length=2, max_length=2)]


def pair(given: Any) -> tuple[Any, Any]:
    """The values for height and width."""
    return tuple(given) if isinstance(given, list) else (given, given)


def require_axes(graph: Graph, x: Value, axes: int) -> None:
    """Raises InputError for a value that is no image (2 axes and the channels), or no series (1)."""
    if len(x.shape) != axes + 1:
        wanted = "images (height, width, channels)" if axes == 2 else "series (length, channels)"
        raise misfit(graph, f"expected {wanted}, got {list(x.shape)}", way_back(x))


def window_lengths(graph: Graph, x: Value, kernel: int, stride: int, padding: Any, dilation: int = 1) -> Value | None:
    """How many windows over a padded series `x` begin before its padding."""
    if x.lengths is None:
        return None
    reach, places = (1, 0) if padding == "same" else ((kernel - 1) * dilation + 1, 0 if padding == "valid" else padding)
    return graph.apply("window_lengths", x.lengths, reach=reach, stride=stride, padding=places)
