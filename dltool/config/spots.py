"""From pydantic's location of an error to the value in the config: data, type and position together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_origin

from dltool.config.node import Node, Path
from dltool.config.slots import Slot, below, filled


@dataclass(frozen=True)
class Spot:
    """The deepest value on the path to an error, its declared type, and the union on the path, if any."""

    node: Node
    path: Path
    slot: Slot
    union: Spot | None = None
    branch: str = ""  # pydantic's name for the alternative of the union that the error is about


def spot_of(root: Node, top: Slot, location: tuple[str | int, ...]) -> Spot:
    """Follow pydantic's location of an error.

    Steps that the data does not have (a main field, a bare name, an alternative of a union) are skipped.
    """
    spot = Spot(root, (), top)
    for step in location:
        alternatives = filled(spot.slot)
        if len(alternatives) > 1:
            spot = replace(spot, slot=_alternative(alternatives, str(step)), union=spot.union or spot, branch=str(step))
            continue
        child = spot.node.child(step)
        slot = below(spot.slot, step) or Slot(Any)
        spot = replace(spot, node=child, path=(*spot.path, step), slot=slot) if child else replace(spot, slot=slot)
    return spot


def _alternative(alternatives: list[Slot], branch: str) -> Slot:
    for slot in alternatives:
        name = "function-plain" if slot.kind else getattr(get_origin(slot.type) or slot.type, "__name__", "").lower()
        if name and name in branch.lower():
            return slot
    return alternatives[0]
