"""Modules for operations that PyTorch has only as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]


class Columns(nn.Module):
    """Embeds each code or makes it one-hot, and appends the numbers."""

    def __init__(self, tables: Sequence[Any]):
        super().__init__()
        self._sizes = [None if isinstance(table, nn.Module) else table for table in tables]
        self._tables = nn.ModuleList([nn.Identity() if isinstance(table, int) else table for table in tables])

    def forward(self, inputs: Any) -> Any:
        numbers, codes = inputs
        columns = zip(self._sizes, self._tables, codes.unbind(1), strict=True)
        pieces = [nn.functional.one_hot(c, size).float() if size else table(c) for size, table, c in columns]
        return torch.cat([*pieces, numbers], dim=-1)


class Reshape(nn.Module):
    """Reshapes each sample; with `samples` -1 the number of samples follows from the shape."""

    def __init__(self, shape: tuple[int, ...], samples: int | None = None):
        super().__init__()
        self._shape, self._samples = shape, samples

    def forward(self, x: Any) -> Any:
        return x.reshape(len(x) if self._samples is None else self._samples, *self._shape)


class ChannelsFirst(nn.Module):
    """(n, …, channels) → (n, channels, …): a view."""

    def forward(self, x: Any) -> Any:
        return x.movedim(-1, 1)


class ChannelsLast(nn.Module):
    """(n, channels, …) → (n, …, channels): a view."""

    def forward(self, x: Any) -> Any:
        return x.movedim(1, -1)


class Residual(nn.Module):
    """Adds its input to the output of its modules."""

    def __init__(self, modules: Sequence[Any]):
        super().__init__()
        self._layers = nn.Sequential(*modules)

    def forward(self, x: Any) -> Any:
        return self._layers(x) + x


class Add(nn.ModuleList):
    """The sum of the outputs of all branches."""

    def forward(self, x: Any) -> Any:
        first, *others = (branch(x) for branch in self)
        for other in others:
            first = first + other
        return first


class Join(nn.Module):
    """The outputs of all branches, concatenated along an axis."""

    def __init__(self, branches: Sequence[Any], axis: int):
        super().__init__()
        self._branches, self._axis = nn.ModuleList(branches), axis

    def forward(self, x: Any) -> Any:
        return torch.cat([branch(x) for branch in self._branches], dim=self._axis)


class Gated(nn.Module):
    """The first half of the channels, multiplied by an activation of the second half."""

    def __init__(self, activation: Any, axis: int):
        super().__init__()
        self._activation, self._axis = activation, axis

    def forward(self, x: Any) -> Any:
        value, gate = x.chunk(2, dim=self._axis)
        return value * self._activation(gate)


class SqueezeExcite(nn.Module):
    """Multiplies each channel by a factor that modules make of the means of all channels over `axes` axes."""

    def __init__(self, modules: Sequence[Any], axes: int, *, channels_first: bool):
        super().__init__()
        self._factors = nn.Sequential(*modules)
        self._averaged = tuple(range(2, 2 + axes) if channels_first else range(1, 1 + axes))

    def forward(self, x: Any) -> Any:
        factors = self._factors(x.mean(dim=self._averaged) if self._averaged else x)
        for axis in self._averaged:
            factors = factors.unsqueeze(axis)
        return x * factors


class Tied(nn.Module):
    """A number for each row of a table (size, width) that belongs to an embedding: the product with it."""

    def __init__(self, table: Any, *, bias: bool):
        super().__init__()
        self._table, self.bias = table, nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x: Any) -> Any:
        return nn.functional.linear(x, self._table, self.bias)
