"""PyTorch's activations by their names in dltool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn  # pyright: ignore[reportMissingImports]

#: None: the identity
ACTIVATIONS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "linear": lambda fields: None,
    "relu": lambda fields: nn.ReLU(),
    "leaky_relu": lambda fields: nn.LeakyReLU(fields["slope"]),
    "elu": lambda fields: nn.ELU(fields["alpha"]),
    "selu": lambda fields: nn.SELU(),
    "gelu": lambda fields: nn.GELU(),
    "gelu_tanh": lambda fields: nn.GELU(approximate="tanh"),
    "silu": lambda fields: nn.SiLU(),
    "tanh": lambda fields: nn.Tanh(),
    "sigmoid": lambda fields: nn.Sigmoid(),
    "softplus": lambda fields: nn.Softplus(),
    "softmax": lambda fields: nn.Softmax(dim=-1),
}
