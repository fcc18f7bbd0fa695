"""The contract of sources: where samples come from, one file for each format.

Opening a source for a request gives a reader. Other folders process its samples: `targets` finds the classes,
`splitting` the parts, `preprocessing` the inputs of the network, and `dataset` combines them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from dltool.config.description import Description
from dltool.data.readers.outline import INPUTS, Request
from dltool.data.readers.reader import Reader
from dltool.errors import InputError


class Source(Description):
    """Where samples come from.

    Relative paths start from one of `folders`, else from the working directory.
    """

    path_fields: ClassVar[tuple[str, ...]] = ("path",)  #: fields that name files or folders
    listed: ClassVar[bool] = False  #: opening is fast, since it lists samples without reading them
    divides: ClassVar[bool] = False  #: each part is a stretch of the data, validation and test at the end
    mixed_units: ClassVar[bool] = False  #: features have different units, as the columns of a table

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names along the last axis of samples that are arrays; empty without names."""
        return ()

    @property
    def weight_name(self) -> str | None:
        """The column or array that says how much each sample counts in the loss."""
        return getattr(self, "weight", None)

    @property
    def may_reconstruct(self) -> bool:
        """Whether the target may be the inputs themselves."""
        return any(getattr(self, field, None) == INPUTS for field in ("target", "targets", "labels"))

    def at(self, path: str) -> Self:
        """The same source with another path; raises InputError if it does not read files."""
        if "path" not in type(self).model_fields:
            raise InputError(f"the network was trained on '{self.yaml_name}' data, which is not read from files")
        return self.model_copy(update={"path": path})

    @abstractmethod
    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All files of the source; raises InputError for missing ones."""

    @abstractmethod
    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """A reader; raises InputError, with the field at fault as path, for unusable data."""
