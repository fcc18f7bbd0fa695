"""Notes on networks that train badly: an output layer that does not fit the loss or the targets, redundant layers.

What cannot train at all is refused while the network is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, inf, log1p

import numpy as np

from dltool.findings import Finding, note, warning
from dltool.ops.graph import Node
from dltool.program.building import Network

#: the least and the greatest value that an activation gives
RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, inf),
    "softplus": (0.0, inf),
    "silu": (-0.2785, inf),
    "gelu": (-0.17, inf),
    "gelu_tanh": (-0.17, inf),
    "elu": (-1.0, inf),
    "selu": (-1.7581, inf),
}


def lint(network: Network, targets: np.ndarray | None) -> list[Finding]:
    """What is odd about a network; `targets` (rows, …) are those of the training part, as the loss sees them."""
    findings = [warning(text) for text in network.warnings]
    end = network.output.producer
    if end is not None:
        findings += _odd_end(network, end, targets)
    advice = "give the first one an activation, such as relu"
    pairs = network.idle_layers
    return [
        *findings,
        *(note(f"with no activation between them, {a} and {b} act as one; {advice}", a) for a, b in pairs),
    ]


def _odd_end(network: Network, end: Node, targets: np.ndarray | None) -> Iterator[Finding]:
    kind, width = end.op.yaml_name, network.output.spec.size
    if kind == "dropout":
        yield warning(
            "dropout as the last layer spoils predictions in training; put it before the last dense", end.layer
        )
    if kind not in RANGES:
        return
    low, high = RANGES[kind]
    advice = f"leave the {kind} out"
    match network.output_activation:
        case "identity":
            if kind == "softmax" and width == 1:
                yield warning(f"softmax over a single value is always 1; {advice}", end.layer)
            elif targets is not None and (targets.min() < low or targets.max() > high):
                yield warning(f"{_values(kind)}, but targets, as scaled, are {_span(targets)}; {advice}", end.layer)
        case "softmax":
            least = log1p((width - 1) * exp(low - high))  # all of the probability that the range allows
            limit = f", so the loss cannot fall below {least:.2g}" if least else ""
            yield warning(f"{_values(kind)}, where scores of classes should be free{limit}; {advice}", end.layer)
        case "sigmoid":
            least, most = _probability(low), _probability(high)
            yield warning(f"{_values(kind)}, so no probability leaves {least:.2g} … {most:.2g}; {advice}", end.layer)


def _values(kind: str) -> str:
    low, high = RANGES[kind]
    return f"{kind} gives values from {low:g} to {high:g}" if high < inf else f"{kind} gives no value below {low:g}"


def _span(targets: np.ndarray) -> str:
    return f"{targets.min():.2g} … {targets.max():.2g}"


def _probability(score: float) -> float:
    return 1 / (1 + exp(-score))
