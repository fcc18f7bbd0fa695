"""Files of images: those below a directory, those in a zip archive, or just one."""

from __future__ import annotations

import os
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dltool.errors import InputError, Problem

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
ARCHIVE = ".zip"


class ImageFiles(ABC):
    """Names of images, sorted, and what is in them."""

    names: list[str]  # with '/' between a folder and what it holds

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The content of one; raises InputError where it cannot be read."""

    @abstractmethod
    def path(self, name: str) -> str:
        """Where it is, as a path that goes on inside an archive."""

    def place(self, name: str) -> str:
        """Where it is, for messages."""
        return self.path(name)

    def close(self) -> None:  # noqa: B027  (only an archive is held open)
        """Let go of files."""


class FolderFiles(ImageFiles):
    """Images in a directory, `names` if they are known; raises InputError where a folder may not be read."""

    def __init__(self, folder: Path, names: Iterable[str] | None = None):
        self._folder = folder
        self.names = list(_below(folder) if names is None else names)

    def read(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror}", self.place(name))) from None

    def path(self, name: str) -> str:
        return str(self._folder / name)


class ZipFiles(ImageFiles):
    """Images in a zip archive."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError):
            raise InputError(Problem("not a zip archive, or damaged", str(path))) from None
        self.names = sorted(filter(_is_image, self._archive.namelist()))

    def read(self, name: str) -> bytes:
        try:
            return self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise InputError(Problem(f"cannot be unpacked: {error}", self.place(name))) from None

    def path(self, name: str) -> str:
        return f"{self._path}/{name}"

    def place(self, name: str) -> str:
        return f"{self._path}: {name}"

    def close(self) -> None:
        self._archive.close()


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, or is called so."""
    return path.suffix.lower() == ARCHIVE or zipfile.is_zipfile(path)


def image_files(path: Path) -> ImageFiles:
    """What is at a path; raises InputError where no image is. A file of any other name is taken for an image."""
    if path.is_dir():
        files = FolderFiles(path)
    elif is_archive(path):
        files = ZipFiles(path)
    else:
        files = FolderFiles(path.parent, [path.name])
    if not files.names:
        raise InputError(Problem(f"no image here; their names end in {', '.join(ENDINGS)}", str(path)))
    return files


def _below(folder: Path) -> list[str]:
    """Names of all images in a directory and in the folders below."""

    def refuse(error: OSError) -> None:
        raise InputError(Problem(f"cannot be read: {error.strerror}", str(error.filename)))

    found = os.walk(folder, onerror=refuse, followlinks=True)
    names = (Path(inside, name).relative_to(folder).as_posix() for inside, _, files in found for name in files)
    return sorted(filter(_is_image, names))


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
