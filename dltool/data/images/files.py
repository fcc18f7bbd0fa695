"""Image files in a folder or a zip archive, or given one by one; and the files that are left out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from dltool.data.files.folder_walk import Walk
from dltool.data.images.formats import START, is_called_image, starts_like_image
from dltool.errors import InputError, Problem, printable
from dltool.formatting import first_few, plural

#: why a file is left out
NO_IMAGE, ARCHIVED = "no image", "an archive, which is only read if it is named"
#: the suffix of archives
ARCHIVE = ".zip"
#: files and endings that a note lists
LISTED = 3


class ImageFiles(ABC):
    """Names of images, sorted, with '/' between a folder and what it holds; and what is in them."""

    def __init__(self, where: str):
        self.where = printable(where)  # for messages
        self.names: list[str] = []
        self.folders: list[str] = []  # all folders, also those without images
        self.left_out: dict[str, str] = {}  # names of files, and why they are no images

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """A file, open for reading; raises OSError, or what the format of an archive raises."""

    @abstractmethod
    def path(self, name: str) -> str:
        """Where a file is, as a path that goes on inside an archive; bytes that are not UTF-8 as `\\xff`."""

    def place(self, name: str) -> str:
        """Where a file is, for messages."""
        return self.path(name)

    def close(self) -> None:  # noqa: B027  (only an archive is held open)
        """Let go of files."""

    def require_images(self) -> None:
        """Raises InputError where there is none."""
        if not self.names:
            raise InputError(Problem(f"no image here{self._instead()}", self.where))

    def _sort_out(self, files: Iterable[str]) -> None:
        """Take images by their names, or by how they start, and note what is left out."""
        for name in files:
            if is_called_image(name) or starts_like_image(self._start(name)):
                self.names.append(name)
            else:
                self.left_out[name] = ARCHIVED if name.lower().endswith(ARCHIVE) else NO_IMAGE
        self.names.sort()
        self.folders.sort()

    def _start(self, name: str) -> bytes:
        with suppress(Exception), self.open(name) as file:  # what is damaged is no image by its content
            return file.read(START)
        return b""

    def _instead(self) -> str:
        return f"; it holds {_kinds(list(self.left_out))}" if self.left_out else "; it is empty"


class FolderFiles(ImageFiles):
    """Images in a folder, by `names` if they are known; raises InputError for an unreadable folder."""

    def __init__(self, folder: Path, names: Iterable[str] | None = None, where: str = ""):
        super().__init__(where or str(folder))
        self._folder = folder
        if names is not None:
            self.names = list(names)
            return
        walk = Walk(folder)
        self.folders, self.left_out = walk.folders, walk.passed_over
        self._sort_out(walk.files)

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")

    def path(self, name: str) -> str:
        return printable(str(self._folder / name))


def left_out_notes(files: ImageFiles) -> list[str]:
    """A line for each reason why files are left out."""
    by_reason: dict[str, list[str]] = {}
    for name, why in sorted(files.left_out.items()):
        by_reason.setdefault(why, []).append(name)
    return [f"{files.where}: left out {_described(names, why)}" for why, names in by_reason.items()]


def named(names: Sequence[str]) -> str:
    """The first names, in quotes."""
    return first_few([f"'{printable(name)}'" for name in names], LISTED)


def _described(names: Sequence[str], why: str) -> str:
    kinds = f" ({_kinds(names)})" if why == NO_IMAGE else ""
    return (
        f"{plural(len(names), 'file')}, each {why}{kinds}: {named(names)}"
        if len(names) > 1
        else f"{named(names)}, {why}"
    )


def _kinds(names: Sequence[str]) -> str:
    """How many files there are of each ending."""
    counts: dict[str, int] = {}
    for name in names:
        ending = PurePosixPath(name).suffix.lower() or "without ending"
        counts[ending] = counts.get(ending, 0) + 1
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return first_few([f"{count} {printable(ending)}" for ending, count in most], LISTED)
