"""What the output of a network means, from its last activation and from what the file says of its loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dltool.config.experiment import Task
from dltool.importing.network import Layer, ReadNetwork
from dltool.importing.structure import Part

#: what the last activation says
_TASKS: dict[str, Task] = {"softmax": "classes", "sigmoid": "multilabel"}


@dataclass(frozen=True)
class Meaning:
    """Layers up to the scores, and what these are scores of."""

    layers: Sequence[Part]
    task: Task
    loss: Any
    stripped: bool = False  # the last activation is a part of the loss
    guessed: bool = False  # nothing says that the numbers are anything but numbers


def meaning_of(layers: Sequence[Part], read: ReadNetwork, task: Task | None) -> Meaning:
    """The meaning; `task` is what the user says. The last activation becomes a part of the loss, as dltool has it."""
    last, scores = _without_last_activation(layers)
    said = _TASKS.get(last or "")
    chosen = task or said or read.task or "numbers"
    if last == "softmax" and chosen != "classes":
        scores = layers
    if last == "sigmoid" and chosen not in ("classes", "multilabel"):
        scores = layers
    loss = read.loss if read.loss and chosen == (read.task or said) else None
    if loss is None:
        binary = last == "sigmoid" or chosen == "multilabel"
        loss = "mse" if chosen == "numbers" else "binary_cross_entropy" if binary else "cross_entropy"
    return Meaning(scores, chosen, loss, scores is not layers, guessed=not (task or said or read.task))


def with_named_outputs(layers: Sequence[Part], units: int, name: str) -> list[Part]:
    """The same layers, where the last one has as many units as the data has classes or targets."""
    if not layers:
        return []
    *before, last = layers
    if isinstance(last, Layer) and last.kind == "dense" and last.fields.get("units") == units:
        last = replace(last, fields={**last.fields, "units": name})
    return [*before, last]


def _without_last_activation(layers: Sequence[Part]) -> tuple[str | None, Sequence[Part]]:
    """The name of the activation at the end, and the layers without it."""
    if not layers or not isinstance(layers[-1], Layer):
        return None, layers
    before, last = layers[:-1], layers[-1]
    if last.kind in _TASKS:
        return last.kind, before
    activation = last.fields.get("activation")
    if activation in _TASKS:
        return activation, [*before, replace(last, fields={k: v for k, v in last.fields.items() if k != "activation"})]
    return None, layers
