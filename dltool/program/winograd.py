"""Lowering: convolutions, and their gradients, take Winograd's form where that needs fewer multiplications."""

from __future__ import annotations

from math import prod

from dltool.kernels.geometry import Geometry, taps
from dltool.kernels.records import LANES
from dltool.kernels.winograd import is_tileable, points, tile_counts, turned
from dltool.ops.conv import Conv, ConvDataGradient, ConvWeightGradient
from dltool.ops.geometry import geometry_of
from dltool.ops.graph import Graph, Node
from dltool.ops.winograd import Winograd, WinogradWeightGradient

#: what transforming a vector of x or of y takes for each point, in multiplications of the direct way
TRANSFORM = 4
DIRECT = (Conv, ConvDataGradient, ConvWeightGradient)


def lower_convolutions(graph: Graph) -> None:
    """Replaces every convolution that has a cheaper form; after differentiation."""
    for node in [node for node in graph.nodes if node.op in DIRECT and is_cheaper(node)]:
        geometry = geometry_of(node.attributes)
        if node.op is Conv:
            _lower(graph, node, "winograd_weights", geometry)
        elif node.op is ConvDataGradient:
            _lower(graph, node, "winograd_turned_weights", turned(geometry))
        else:
            node.op = WinogradWeightGradient


def is_cheaper(node: Node, share: float = 1.0) -> bool:
    """Whether a convolution takes less than a share of its work in Winograd's form."""
    geometry = geometry_of(node.attributes)
    one, other = node.inputs
    if node.op is Conv:
        return _pays(geometry, other.shape[-2], other.shape[-1], share)
    if node.op is ConvDataGradient:
        return _pays(turned(geometry), other.shape[-1], other.shape[-2], share)
    ends = one.shape[-1], other.shape[-1]
    return min(ends) >= LANES and _pays(geometry, *ends, share)


def _pays(geometry: Geometry, depth: int, width: int, share: float) -> bool:
    """Whether multiplying at the points, and transforming to and from these, is less work than adding up the taps.

    Blocks of y that are not full take as long in both ways, those of x longer at the points.
    """
    if not is_tileable(geometry) or depth < LANES:
        return False
    rows, columns = -(-depth // LANES), -(-width // LANES)
    count = points(geometry.kernel_height) * points(geometry.kernel_width) * prod(tile_counts(geometry))
    direct = taps(geometry) * geometry.out_height * geometry.out_width * depth * columns
    return count * (depth * columns + TRANSFORM * (rows + columns)) < share * direct


def _lower(graph: Graph, node: Node, transform: str, geometry: Geometry) -> None:
    """Has a node convolve in Winograd's form, with weights that are transformed just before it."""
    x, w = node.inputs
    kernel = {"kernel_height": geometry.kernel_height, "kernel_width": geometry.kernel_width}
    with graph.before(node):
        u = graph.apply(transform, w, **kernel, channels=w.shape[-2])
    node.op, node.inputs, node.attributes = Winograd, (x, u), geometry._asdict()
