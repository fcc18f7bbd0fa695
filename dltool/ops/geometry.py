"""The geometry of a convolution or a pool among the attributes of its op, and the shapes that fit it."""

from __future__ import annotations

from collections.abc import Mapping

from dltool.kernels.geometry import Geometry
from dltool.ops.op import ShapeError

#: defaults of the attributes of ops that have a geometry
GEOMETRY: Mapping[str, int] = Geometry()._asdict()


def geometry_of(attributes: Mapping[str, int]) -> Geometry:
    """The geometry among the attributes of an op."""
    return Geometry(**{name: attributes[name] for name in GEOMETRY})


def check_input(geometry: Geometry, shape: tuple[int, ...]) -> None:
    """Raises `ShapeError` for a shape (height, width, channels) or (width, channels) that is not that of x."""
    _check(shape, geometry.height, geometry.width)


def check_output(geometry: Geometry, shape: tuple[int, ...]) -> None:
    """Raises `ShapeError` for a shape (height, width, channels) or (width, channels) that is not that of y."""
    _check(shape, geometry.out_height, geometry.out_width)


def input_shape(geometry: Geometry, like: tuple[int, ...], channels: int) -> tuple[int, ...]:
    """The shape of x, with as many axes as another value of the network."""
    return (geometry.width, channels) if len(like) == 2 else (geometry.height, geometry.width, channels)


def output_shape(geometry: Geometry, like: tuple[int, ...], channels: int) -> tuple[int, ...]:
    """The shape of y, with as many axes as another value of the network."""
    return (geometry.out_width, channels) if len(like) == 2 else (geometry.out_height, geometry.out_width, channels)


def _check(shape: tuple[int, ...], height: int, width: int) -> None:
    if shape[:-1] != (height, width) and (height, *shape[:-1]) != (1, width):
        raise ShapeError(f"{list(shape)} is not {height} × {width}")
