"""Where the windows of a convolution lie: everything that its shape rules and its kernels know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from dltool.ops.op import ShapeError


@dataclass(frozen=True)
class Geometry:
    """Sizes of the large side (x), of the small one (y) and of the kernel, and how the kernel moves over x.

    y[i, j] sees x[i · stride − top + k · dilation, …] for every place k of the kernel. A series has height 1.
    """

    height: int = 1
    width: int = 1
    out_height: int = 1
    out_width: int = 1
    kernel_height: int = 1
    kernel_width: int = 1
    stride_height: int = 1
    stride_width: int = 1
    dilation_height: int = 1
    dilation_width: int = 1
    top: int = 0
    left: int = 0

    @property
    def attributes(self) -> dict[str, int]:
        """As attributes of an op, in the order in which the kernels read them."""
        return asdict(self)

    @property
    def taps(self) -> int:
        """Places of the kernel."""
        return self.kernel_height * self.kernel_width

    @property
    def reached(self) -> tuple[int, int]:
        """Height and width of what all windows cover, padding included."""
        height = (self.out_height - 1) * self.stride_height + (self.kernel_height - 1) * self.dilation_height + 1
        width = (self.out_width - 1) * self.stride_width + (self.kernel_width - 1) * self.dilation_width + 1
        return height, width

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """For the way back from y to x: rows and columns before y, and height and width with them."""
        above = max(0, ((self.kernel_height - 1) * self.dilation_height - self.top) // self.stride_height)
        before = max(0, ((self.kernel_width - 1) * self.dilation_width - self.left) // self.stride_width)
        height = max(self.out_height, (self.height - 1 + self.top) // self.stride_height + 1)
        width = max(self.out_width, (self.width - 1 + self.left) // self.stride_width + 1)
        return above, before, above + height, before + width

    def check(self, shape: tuple[int, ...], *, small: bool = False) -> None:
        """Raises `ShapeError` for a shape (height, width, channels) or (width, channels) that is not that of x or y."""
        height, width = (self.out_height, self.out_width) if small else (self.height, self.width)
        if shape[:-1] != (height, width) and (height, *shape[:-1]) != (1, width):
            raise ShapeError(f"{list(shape)} is not {height} × {width}")

    def like(self, shape: tuple[int, ...], channels: int, *, small: bool) -> tuple[int, ...]:
        """The shape of x, or of y, with as many axes as the other side has."""
        height, width = (self.out_height, self.out_width) if small else (self.height, self.width)
        return (width, channels) if len(shape) == 2 else (height, width, channels)


#: defaults of the attributes of ops that have a geometry
GEOMETRY: Mapping[str, int] = Geometry().attributes


def geometry_of(attributes: Mapping[str, int]) -> Geometry:
    """The geometry among the attributes of an op."""
    return Geometry(**{name: attributes[name] for name in GEOMETRY})
