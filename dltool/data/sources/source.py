"""The contract of sources: where samples come from, one file for each format.

A source is opened for a request and gives a reader. What becomes of its samples stands in other folders: `targets`
finds the classes, `splitting` the parts, `preprocessing` the numbers that a network sees, and `dataset` brings all of
it together.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

from dltool.config.description import Description
from dltool.data.readers.outline import Request
from dltool.data.readers.reader import Reader
from dltool.errors import InputError


class Source(Description):
    """Where samples come from.

    `folders` are where relative paths may start, before the working directory.
    """

    path_fields: ClassVar[tuple[str, ...]] = ("path",)  #: what names files or folders
    listed: ClassVar[bool] = False  #: opening lists samples without reading them, so it takes little time
    mixed_units: ClassVar[bool] = False  #: features are measured in units of their own, as the columns of a table

    @property
    def latest(self) -> tuple[int, ...]:
        """Which features of a sample's last step are the targets' own values; none where samples are not their past."""
        return ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """What lies along the last axis of samples that are arrays; none where it has no names."""
        return ()

    def at(self, path: str) -> Self:
        """The same kind of source with its samples elsewhere; raises InputError where they come from no file."""
        if "path" not in type(self).model_fields:
            raise InputError(f"the network was trained on '{self.yaml_name}' data, which is not read from files")
        return self.model_copy(update={"path": path})

    @abstractmethod
    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All files that samples come from; raises InputError where there is one missing."""

    @abstractmethod
    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """A reader; raises InputError for whatever cannot be used, with the field of the source at fault as path."""
