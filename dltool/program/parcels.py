"""Parcels: parts of the gradients of a network that are sent together, each as soon as the backward has finished it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from dltool.ops.graph import Value
from dltool.program.program import Program
from dltool.program.stages import Item, Stage

#: into how many parcels gradients are divided, unless these get too small or too large
PARCELS = 4
SMALLEST, LARGEST = 1 << 17, 1 << 23  # bytes


@dataclass(frozen=True)
class Parts:
    """A program in parts, one for each parcel: the stages up to `ends`, from the end of the part before."""

    program: Program
    ends: Sequence[int]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The stages of each part: its first one, and the one behind its last."""
        return list(pairwise([0, *self.ends]))


def parcel_count(length: int) -> int:
    """How many parcels gradients of `length` bytes are divided into."""
    return max(1, length // min(max(length // PARCELS, SMALLEST), LARGEST))


def finishing_stages(program: Program) -> dict[str, int]:
    """The stage in which a program that adds up gradients finishes each total, by name."""
    items = ((number, item) for number, stage in enumerate(program.stages) for item in stage.items)
    return {total.name: number for number, item in items if (total := finished_total(item))}


def finished_total(item: Item) -> Value | None:
    """The total that an item adds a slice of a gradient or a statistic to; None if it does not add any."""
    return next((node.updated[0] for node in item.nodes if node.op.yaml_name == "add_shard"), None)


def by_parcels(program: Program, count: int, parcel_of: Callable[[Item], int | None]) -> Parts:
    """A program that adds up gradients, in parts: at the end of each part, all items of its parcel have run.

    A stage whose items belong to several parcels becomes several.
    """
    stages, ends = list[Stage](), [0] * count
    for stage in program.stages:
        parcels = [parcel_of(item) for item in stage.items]
        first = min((parcel for parcel in parcels if parcel is not None), default=0)
        groups: dict[int, list[Item]] = {first: []}
        for item, parcel in zip(stage.items, parcels, strict=True):
            groups.setdefault(first if parcel is None else parcel, []).append(item)
        for parcel in sorted(groups):
            stages.append(replace(stage, rows=stage.rows if parcel == first else [], items=groups[parcel]))
            if parcel in parcels:
                ends[parcel] = len(stages)
    return Parts(replace(program, stages=stages), [*accumulate(ends[:-1], max), len(stages)])
