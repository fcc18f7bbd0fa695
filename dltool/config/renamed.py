"""Names that older versions used: translated in the configs of checkpoints, and pointed out in all other configs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dltool.config.description import Block
from dltool.config.node import Node
from dltool.config.slots import Slot, below, filled
from dltool.config.words import literal

#: kind of thing → its old name → its new one
NAMES: Mapping[str, Mapping[str, str]] = {
    "augmentation": {
        "affine": "random_affine",
        "colour": "color_jitter",
        "flip": "random_flip",
        "rotation": "random_rotation",
    },
}
#: class of a block → its old key → its new one
KEYS: Mapping[str, Mapping[str, str]] = {
    "Adagrad": {"start": "initial_accumulator_value"},
    "Category": {"most": "max_categories"},
    "Quantile": {"knots": "quantiles"},
    "TrainConfig": {"average": "ema_decay"},
}
#: old fixed value → its new one
VALUES: Mapping[str, Any] = {"labels": "multilabel"}


def new_key(key: str, block: type[Block]) -> str | None:
    """The key of `block` that was once called `key`."""
    return KEYS.get(block.__name__, {}).get(key)


def new_name(name: str, kind: str) -> str | None:
    """The thing of a kind that was once called `name`."""
    return NAMES.get(kind, {}).get(name)


def new_value(value: object, slot: Slot) -> str | None:
    """The fixed value that was once written as `value`, where `slot` allows the new one alone."""
    allowed = [word for branch in filled(slot) for word in literal(branch)]
    new = VALUES.get(value) if isinstance(value, str) else None
    return new if new in allowed and value not in allowed else None


def translate(node: Node, slot: Slot) -> None:
    """Give everything at or below `node`, of the type `slot`, its present name."""
    for branch in filled(slot):
        if branch.kind and isinstance(node.content, str):
            node.content = new_name(node.content, branch.kind) or node.content
        elif branch.kind and isinstance(node.content, dict):
            node.content = {new_name(name, branch.kind) or name: held for name, held in node.content.items()}
        elif branch.block and isinstance(node.content, dict):
            node.content = {new_key(key, branch.block) or key: held for key, held in node.content.items()}
    node.content = new_value(node.content, slot) or node.content
    for step, child in _children(node):
        if inside := below(slot, step):
            translate(child, inside)


def _children(node: Node) -> list[tuple[str | int, Node]]:
    if isinstance(node.content, dict):
        return list(node.content.items())
    return list(enumerate(node.content)) if isinstance(node.content, list) else []
