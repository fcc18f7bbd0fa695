"""What may stand at each position of a config: the declared types, walked in parallel with the data.

Messages and overrides use this; pydantic alone decides what is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from dltool.config.description import Block, Choice, Component, Description
from dltool.registry import registered


@dataclass(frozen=True)
class Slot:
    """A declared type and its limits."""

    type: Any
    limits: tuple[Any, ...] = ()

    @property
    def kind(self) -> str | None:
        """The kind of component that stands here, if any."""
        return next((limit.kind for limit in self.limits if isinstance(limit, Component)), None)

    @property
    def block(self) -> type[Block] | None:
        """The block that stands here, if any."""
        if self.kind is None and isinstance(self.type, type) and issubclass(self.type, Block):
            return self.type
        alternatives = filled(self)
        return alternatives[0].block if len(alternatives) == 1 and alternatives != [self] else None

    @property
    def item(self) -> Slot | None:
        """What a list here holds."""
        return slot_of(get_args(self.type)[0]) if get_origin(self.type) in (list, tuple) else None


def slot_of(annotation: Any, limits: tuple[Any, ...] = ()) -> Slot:
    """The type and limits of an annotation."""
    while get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for limit in more:
            limits += tuple(limit.metadata) if isinstance(limit, FieldInfo) else (limit,)
    return Slot(annotation, limits)


def field_slot(block: type[Block], name: str) -> Slot:
    """What stands in one field of a block."""
    field = block.model_fields[name]
    return slot_of(field.annotation, tuple(field.metadata))


def branches(slot: Slot) -> list[Slot]:
    """The alternatives of a union; anything else is its own only alternative."""
    if get_origin(slot.type) not in (Union, UnionType):
        return [slot]
    return [slot_of(argument) for argument in get_args(slot.type)]


def filled(slot: Slot) -> list[Slot]:
    """The alternatives that are not null."""
    return [branch for branch in branches(slot) if branch.type is not NoneType]


def below(slot: Slot, step: str | int) -> Slot | None:
    """What may stand under a key or an index; None where nothing is declared."""
    for branch in filled(slot):
        if branch.kind:
            thing = registered(branch.kind).get(str(step))
            if thing:
                return Slot(thing)
        elif branch.block:
            if step in branch.block.model_fields:
                slot = field_slot(branch.block, str(step))
                return filled(slot)[0] if issubclass(branch.block, Choice) else slot
            if step in inline_names(branch.block):
                return Slot(inline_names(branch.block)[str(step)])
        elif branch.item:
            if isinstance(step, int):
                return branch.item
        elif get_origin(branch.type) is dict:
            return slot_of(get_args(branch.type)[1])
    return None


def inline_names(block: type[Block]) -> dict[str, type[Description]]:
    """The components that a block takes directly under their names, such as the source in `data`."""
    if block.inline_field is None:
        return {}
    kind = field_slot(block, block.inline_field).kind
    return dict(registered(kind)) if kind else {}


def allowed_keys(block: type[Block]) -> list[str]:
    """The keys a user may write in a block."""
    return [*inline_names(block), *(name for name in block.model_fields if name != block.inline_field)]
