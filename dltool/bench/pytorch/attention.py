"""Attention in PyTorch, in the fastest form that PyTorch has on a CPU."""

from __future__ import annotations

from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch import nn  # pyright: ignore[reportMissingImports]


class SelfAttention(nn.Module):
    """Attention of a sequence (n, steps, channels) to itself, of several heads, some of which may share keys."""

    def __init__(
        self,
        channels: int,
        width: int,
        *,
        heads: int,
        groups: int,
        causal: bool,
        dropout: float,
        bias: bool,
        rotary: Any,
    ):
        """`rotary` turns queries and keys; None: it does not."""
        super().__init__()
        self._dropout = dropout
        self._counts, self._width, self._causal, self._rotary = (heads, groups, groups), width, causal, rotary
        self.projection = nn.Linear(channels, (heads + 2 * groups) * width, bias=bias)
        self.output = nn.Linear(heads * width, channels, bias=bias)

    def forward(self, x: Any) -> Any:
        parts = self.projection(x).split([count * self._width for count in self._counts], dim=-1)
        q, k, v = (part.unflatten(-1, (-1, self._width)).transpose(1, 2) for part in parts)
        if self._rotary is not None:
            q, k = self._rotary(q), self._rotary(k)
        heads, groups, _ = self._counts
        y = nn.functional.scaled_dot_product_attention(
            q,
            k,
            v,
            dropout_p=self._dropout if self.training else 0.0,
            is_causal=self._causal,
            enable_gqa=groups < heads,
        )
        return self.output(y.transpose(1, 2).flatten(-2))


class Rotary(nn.Module):
    """Turns the pairs of channels (i, i + width / 2) of every head (n, heads, steps, width) by their position."""

    def __init__(self, steps: int, width: int, base: float):
        super().__init__()
        frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angles = torch.arange(steps)[:, None] * frequencies
        self._cosine, self._sine = angles.cos().float(), angles.sin().float()

    def forward(self, x: Any) -> Any:
        one, two = x.chunk(2, dim=-1)
        return torch.cat([one * self._cosine - two * self._sine, two * self._cosine + one * self._sine], dim=-1)


class AddPositions(nn.Module):
    """Adds a vector to each step, learned or not."""

    def __init__(self, positions: Any):
        super().__init__()
        self.positions = positions

    def forward(self, x: Any) -> Any:
        return x + self.positions


def waves(steps: int, channels: int) -> Any:
    """Sines and cosines of the step (steps, channels), of ever longer waves."""
    channel = torch.arange(channels, dtype=torch.float64)
    angles = torch.arange(steps)[:, None] * 10_000.0 ** (-2 * (channel // 2) / channels)
    return torch.where(channel % 2 == 1, angles.cos(), angles.sin()).float()
