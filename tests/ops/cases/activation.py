"""Activations, and the softmax over the channels."""

from __future__ import annotations

from .case import Case, rows


def _activations() -> list[Case]:
    plain = ["selu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softplus"]
    cases = [Case(name, (rows(3, 4),), gradients=(0,), kink=name == "selu") for name in plain]
    cases += [
        Case("relu", (rows(17),), gradients=(0,), kink=True),
        Case("leaky_relu", (rows(5),), {"slope": 0.3}, gradients=(0,), kink=True),
        Case("elu", (rows(5),), {"alpha": 0.7}, gradients=(0,), kink=True),
        Case("elu", (rows(5),), {"alpha": 0.0}, gradients=(0,), kink=True),
    ]
    return cases


CASES = [
    Case("softmax", (rows(5),), gradients=(0,)),
    Case("softmax", (rows(2, 3),), gradients=(0,)),
    *_activations(),
]
