"""PyTorch's modules for layers over images and series; PyTorch puts channels first.

PyTorch pads both ends of an axis equally; a separate module pads where dltool does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]

from dltool.errors import InputError, Problem
from dltool.ops.windows import window

Fields = Mapping[str, Any]
Shape = tuple[int, ...]  # of a sample in dltool: channels last
Modules = list[Any]


@dataclass(frozen=True)
class _Windows:
    """The number of windows along an axis, and the padding at both ends."""

    count: int
    before: int
    after: int


def convolution(fields: Fields, shape: Shape, *, filters: int, groups: int) -> tuple[Modules, Shape]:
    """The modules of a convolution, of which the last has the weights, and the output shape."""
    axes = len(shape) - 1
    kernel, stride, dilation = (_each(fields[name], axes) for name in ("kernel", "stride", "dilation"))
    windows = _windows(shape, kernel, stride, _each(fields["padding"], axes), dilation)
    padding, modules = _padded(windows, 0.0)
    make = (nn.Conv1d, nn.Conv2d)[axes - 1]
    modules.append(make(shape[-1], filters, kernel, stride, padding, dilation, groups, fields["bias"]))
    return modules, (*(axis.count for axis in windows), filters)


def transposed(fields: Fields, shape: Shape) -> tuple[Modules, Shape]:
    """The modules of a transposed convolution, of which the first has the weights, and the output shape."""
    axes, filters = len(shape) - 1, fields["filters"]
    kernel, stride, dilation = (_each(fields[name], axes) for name in ("kernel", "stride", "dilation"))
    lengths, cuts = [], []
    for count, size, step, apart, padding in zip(
        shape[:-1], kernel, stride, dilation, _each(fields["padding"], axes), strict=True
    ):
        reach = (count - 1) * step + (size - 1) * apart + 1
        padded = 0 if padding == "valid" else padding
        lengths.append(count * step if padding == "same" else reach - 2 * padded)
        before = window(lengths[-1], size, step, padding, apart)[1]
        cuts.append((before, reach - lengths[-1] - before))
    more = tuple(max(0, before - after) for before, after in cuts)
    sides = [(0, min(0, before - after)) for before, after in cuts]
    make = (nn.ConvTranspose1d, nn.ConvTranspose2d)[axes - 1]
    padding = tuple(before for before, _ in cuts)
    module = make(shape[-1], filters, kernel, stride, padding, more, bias=fields["bias"], dilation=dilation)
    return [module, *([_border(sides, 0.0)] if any(map(any, sides)) else [])], (*lengths, filters)


def max_pool(fields: Fields, shape: Shape) -> tuple[Modules, Shape]:
    """The modules of a max pool, and the output shape."""
    axes, size, stride, windows = _pool(fields, shape)
    padding, modules = _padded(windows, -torch.inf, most=size)
    modules.append((nn.MaxPool1d, nn.MaxPool2d)[axes - 1](size, stride, padding))
    return modules, (*(axis.count for axis in windows), shape[-1])


def average_pool(fields: Fields, shape: Shape, path: str) -> tuple[Modules, Shape]:
    """The modules of an average pool, and the output shape."""
    axes, size, stride, windows = _pool(fields, shape)
    padding, modules = _padded(windows, 0.0, most=size)
    if modules and not fields["include_padding"]:
        raise InputError(
            Problem("PyTorch has no counterpart for uneven padding with include_padding: false", path=path)
        )
    make = (nn.AvgPool1d, nn.AvgPool2d)[axes - 1]
    modules.append(make(size, stride, padding, count_include_pad=fields["include_padding"]))
    return modules, (*(axis.count for axis in windows), shape[-1])


def global_pool(kind: str, axes: int) -> Any:
    """The modules of a global pool: one number for each channel."""
    if kind == "global_max_pool":
        return nn.Sequential((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)[axes - 1](1), nn.Flatten())
    return nn.Sequential((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)[axes - 1](1), nn.Flatten())


def upsample(fields: Fields, shape: Shape) -> tuple[Modules, Shape]:
    """The modules of an upsampling, and the output shape."""
    factors = _each(fields["factor"], len(shape) - 1)
    large = tuple(length * factor for length, factor in zip(shape[:-1], factors, strict=True))
    return [nn.Upsample(large, mode=fields["interpolation"])], (*large, shape[-1])


def border(given: Any, shape: Shape, sign: int) -> tuple[Modules, Shape]:
    """The modules that pad samples with zeros (sign 1) or crop them (−1), and the output shape."""
    ends = [_each(given, 2)] if len(shape) == 2 else [_each(one, 2) for one in _each(given, 2)]
    sides = [(sign * low, sign * high) for low, high in ends]
    lengths = (length + low + high for length, (low, high) in zip(shape[:-1], sides, strict=True))
    return [_border(sides, 0.0)], (*lengths, shape[-1])


def as_weights(array: Any) -> Any:
    """dltool's weights (kernel…, inputs, outputs) as PyTorch's (outputs, inputs, kernel…)."""
    axes = array.dim() - 2
    return array.permute(axes + 1, axes, *range(axes))


def _pool(fields: Fields, shape: Shape) -> tuple[int, Shape, Shape, list[_Windows]]:
    axes = len(shape) - 1
    size = _each(fields["size"], axes)
    stride = size if fields["stride"] is None else _each(fields["stride"], axes)
    return axes, size, stride, _windows(shape, size, stride, _each(fields["padding"], axes), (1,) * axes)


def _windows(shape: Shape, size: Shape, stride: Shape, padding: tuple[Any, ...], dilation: Shape) -> list[_Windows]:
    axes = zip(shape[:-1], size, stride, padding, dilation, strict=True)
    return [_along(*axis) for axis in axes]


def _along(length: int, size: int, stride: int, padding: Any, dilation: int) -> _Windows:
    count, before = window(length, size, stride, padding, dilation)
    reach = (size - 1) * dilation + 1
    if (length + 2 * before - reach) // stride + 1 == count:  # extra padding that no window reaches is harmless
        return _Windows(count, before, before)
    return _Windows(count, before, (count - 1) * stride + reach - length - before)


def _each(given: Any, axes: int) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, list) else (given,) * axes


def _padded(windows: Sequence[_Windows], value: float, most: Shape | None = None) -> tuple[Shape, Modules]:
    """The padding argument of a module, and a separate padding module if that is not enough.

    A pool cannot pad by more than half its window size; `most` is that size.
    """
    even = all(axis.before == axis.after for axis in windows)
    if even and (most is None or all(2 * axis.before <= size for axis, size in zip(windows, most, strict=True))):
        return tuple(axis.before for axis in windows), []
    return (0,) * len(windows), [_border([(axis.before, axis.after) for axis in windows], value)]


def _border(sides: Sequence[tuple[int, int]], value: float) -> Any:
    """Pads with `value`; negative amounts crop."""
    amounts = [amount for ends in reversed(sides) for amount in ends]
    return (nn.ConstantPad1d, nn.ConstantPad2d)[len(sides) - 1](tuple(amounts), value)
