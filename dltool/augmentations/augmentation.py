"""The contract of augmentations, and how a list of them becomes the attributes of one op.

Only training batches are changed. Seed, epoch and position in the epoch determine how a sample is changed, so resuming
and the number of threads make no difference.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from dltool.config.description import Description
from dltool.errors import InputError, Problem


class Augmentation(Description):
    """A random change of images."""

    idle_by_default: ClassVar[bool] = False  # with all fields at their defaults it changes nothing

    @abstractmethod
    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Attributes for the op `gather_augmented`; raises ValueError for shapes (h, w, c) that it does not support."""


def ranges(augmentations: Sequence[Augmentation], shape: tuple[int, ...]) -> dict[str, Any]:
    """Attributes of `gather_augmented` for samples of this shape; raises InputError for a misfit."""
    if len(shape) != 3:
        message = f"only images (height, width, channels) can be augmented; samples have shape {list(shape)}"
        raise InputError(Problem(f"{message}; leave 'augment' out", path="augment"))
    height, width, channels = shape
    attributes: dict[str, Any] = {"width": width}
    for i, augmentation in enumerate(augmentations):
        try:
            added = augmentation.attributes((height, width, channels))
        except ValueError as error:
            raise InputError(Problem(str(error), path=f"augment[{i}]")) from None
        if twice := added.keys() & attributes.keys():
            message = f"'{augmentation.yaml_name}' sets '{min(twice)}', as an earlier one does; combine the two"
            raise InputError(Problem(message, path=f"augment[{i}]"))
        attributes |= added
    return attributes
