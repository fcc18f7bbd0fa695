"""Matches the positions of a parameter in two trainings by the names of columns, words or classes.

Axes without names, such as hidden units, match if they have the same length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from dltool.config.experiment import Experiment
from dltool.data.preprocessing.position_names import names_of
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.program.naming import Axis, NamedAxes, named_axes

Shape = tuple[int, ...]

#: names shown in a message
NAMES_SHOWN = 6


@dataclass(frozen=True)
class Meaning:
    """The names along the axes of one training's tensors."""

    axes: NamedAxes
    preprocessing: Preprocessing

    @classmethod
    def of(cls, experiment: Experiment, preprocessing: Preprocessing) -> Meaning:
        """The meaning for an experiment with this preprocessing."""
        names = names_of(preprocessing, experiment.data.source)
        return cls(named_axes(experiment, preprocessing.signature({}), names), preprocessing)


@dataclass(frozen=True)
class Taken:
    """A tensor of another training, with the positions to copy from (`there`) and to (`here`), for each axis."""

    array: np.ndarray
    there: tuple[np.ndarray, ...]
    here: tuple[np.ndarray, ...]

    def fills(self, shape: Shape) -> bool:
        """Whether it replaces every value of a tensor of this shape."""
        return shape == tuple(map(len, self.here))

    def over(self, initial: np.ndarray) -> np.ndarray:
        """The initial values as float32, with the matched ones replaced."""
        made = np.array(initial, np.float32)
        made[np.ix_(*self.here)] = self.array[np.ix_(*self.there)]
        return made


@dataclass
class Matching:
    """Matches the tensors of two trainings and records different names."""

    there: NamedAxes
    here: NamedAxes
    by_position: bool = False  # names are only reported
    _renamed: dict[tuple[Axis, Axis], list[str]] = field(default_factory=dict)

    def alike(self, old: str, shape: Shape, new: str, wanted: Shape) -> bool:
        """Whether tensors `old` and `new` have the same shape, except along named axes."""
        if self.by_position or len(shape) != len(wanted):
            return shape == wanted
        pairs = zip(shape, wanted, self._axes(old, new, len(shape)), strict=True)
        return all(one == other or (there and here) for one, other, (there, here) in pairs)

    def take(self, old: str, array: np.ndarray, new: str) -> Taken | None:
        """The positions that tensors `old` and `new` share; None if there are none."""
        axes = self._axes(old, new, array.ndim)
        shared = [
            (np.arange(count), np.arange(count)) if there == here or self.by_position else _shared(there, here)
            for count, (there, here) in zip(array.shape, axes, strict=True)
        ]
        apart = [names for names, (positions, _) in zip(axes, shared, strict=True) if not len(positions)]
        for there, here in apart or axes:
            if there != here:
                self._renamed.setdefault((there, here), []).append(new)
        if apart:
            return None
        return Taken(array, tuple(one for one, _ in shared), tuple(other for _, other in shared))

    def notes(self) -> Iterator[str]:
        """A note for each group of tensors with the same names."""
        for (there, here), tensors in self._renamed.items():
            yield f"{', '.join(dict.fromkeys(tensors))}: {self._note(there, here)}"

    def _note(self, there: Axis, here: Axis) -> str:
        if self.by_position:
            return f"taken by position, as init_from.match says: {_meant(there)} there, {_meant(here)} here"
        shared = [name for name in here or () if name in (there or ())]
        if not there or not here or not shared:
            return f"kept initial values: {_meant(there)} there, {_meant(here)} here"
        new, unused = [name for name in here if name not in there], [name for name in there if name not in here]
        if not new and not unused:
            return f"taken by name, in the order {some(here)}"
        return "; ".join(
            [
                f"taken by name for {len(shared)} of {len(here)}: {some(shared)}",
                *([f"initial values for {some(new)}"] if new else []),
                *([f"not used: {some(unused)}"] if unused else []),
            ]
        )

    def _axes(self, old: str, new: str, count: int) -> list[tuple[Axis, Axis]]:
        """The names along each axis, there and here."""
        none = (None,) * count
        return list(zip(self.there.get(old, none), self.here.get(new, none), strict=True))


def some(names: Iterable[str], between: str = ", ", most: int = NAMES_SHOWN) -> str:
    """The first names, and the number of others."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def _meant(axis: Axis) -> str:
    """The names along an axis; one is enough for the many pixels of an image."""
    return f"({some(axis, most=1 if len(axis) > 4 * NAMES_SHOWN else NAMES_SHOWN)})" if axis else "no names"


def _shared(there: Axis, here: Axis) -> tuple[np.ndarray, np.ndarray]:
    """The positions of shared names in both."""
    place = {name: i for i, name in enumerate(there or ())}
    pairs = [(place[name], i) for i, name in enumerate(here or ()) if name in place]
    return np.array([one for one, _ in pairs], np.int64), np.array([other for _, other in pairs], np.int64)
