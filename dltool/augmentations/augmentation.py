"""The contract of augmentations, and what a list of them makes of one op.

Only batches to train on are changed. What happens to a sample follows from the seed, the epoch and its place in it, so
that it is the same after a resume and for any number of threads.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from dltool.config.description import Description
from dltool.errors import InputError, Problem


class Augmentation(Description):
    """A way to change images at random."""

    idle_by_default: ClassVar[bool] = False  # without any of its fields it changes nothing

    @abstractmethod
    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """What it sets of the op `gather_augmented`; raises ValueError where images of this shape cannot be changed."""


def ranges(augmentations: Sequence[Augmentation], shape: tuple[int, ...]) -> dict[str, Any]:
    """Attributes of `gather_augmented` for samples of a shape; raises InputError where something does not fit."""
    if len(shape) != 3:
        message = f"only images (height, width, channels) can be augmented, a sample is {list(shape)}"
        raise InputError(Problem(f"{message}; leave 'augment' out", path="augment"))
    height, width, channels = shape
    attributes: dict[str, Any] = {"width": width}
    for i, augmentation in enumerate(augmentations):
        try:
            added = augmentation.attributes((height, width, channels))
        except ValueError as error:
            raise InputError(Problem(str(error), path=f"augment[{i}]")) from None
        if twice := added.keys() & attributes.keys():
            message = f"'{augmentation.yaml_name}' sets '{min(twice)}', as another one does; put them into one"
            raise InputError(Problem(message, path=f"augment[{i}]"))
        attributes |= added
    return attributes
