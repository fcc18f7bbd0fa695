"""Images in class folders, in a directory or a zip archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from dltool.data.files.paths import locate, locate_folder
from dltool.data.images.archive import ArchiveFiles, is_archive, split_archive
from dltool.data.images.files import FolderFiles, ImageFiles
from dltool.data.images.formats import pillow
from dltool.data.images.layout import Level
from dltool.data.images.reader import ImageReader
from dltool.data.readers.outline import Request
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem
from dltool.registry import register


@register("source", "images", main="path")
class Images(Source):
    """Image files in one folder for each class, also in a zip archive."""

    listed = True

    path: str = Field(
        description="folder or zip archive, or a folder inside one (pets.zip/train); its top folders are the classes"
    )
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="height and width to resize to; by default all images must have the same size"
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="1: gray, 3: color; by default 3 if any image has color"
    )
    background: str | Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(min_length=3, max_length=3)] = Field(
        default="white", description="color behind transparent pixels: a name, '#f0f0f0', or [r, g, b]"
    )
    class_folder: Level = Field(default="top", description="which folder of an image's path is its class")
    damaged: Literal["refuse", "skip"] = Field(
        default="refuse", description="how to treat files that cannot be opened; skip: leave them out and list them"
    )

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The archive, or every image of the folder."""
        path, inside = self._locate(folders)
        return [path] if inside or path.is_file() else [path / name for name in FolderFiles(path).names]

    def open(self, folders: Sequence[Path], request: Request) -> ImageReader:
        """Lists the images, and reads their headers unless a training has fixed their form."""
        files = image_files(*self._locate(folders))
        try:
            return ImageReader(files, self, request)
        except BaseException:
            files.close()
            raise

    def color(self) -> tuple[int, int, int]:
        """The background as (red, green, blue); raises InputError for an unknown color."""
        if not isinstance(self.background, str):
            red, green, blue = self.background
            return red, green, blue
        pillow()
        from PIL import ImageColor

        try:
            red, green, blue, *_ = ImageColor.getrgb(self.background)
        except ValueError:
            message = f"'{self.background}' is not a color such as white, gray, '#f0f0f0' or [240, 240, 240]"
            raise InputError(Problem(message, path="background")) from None
        return red, green, blue

    def _locate(self, folders: Sequence[Path]) -> tuple[Path, str]:
        """A folder, a file, or an archive and a folder inside it."""
        outside, inside = split_archive(self.path)
        path = locate_folder(outside, folders, "path")
        return (path / inside, "") if path.is_dir() and inside else (path, inside)


class ImageList(Images):
    """Image files by their names, such as those on a command line."""

    path: str = ""
    class_folder: Level = "innermost"
    names: tuple[str, ...]

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """One path for each name."""
        return [locate(name, folders, "path") for name in self.names]

    def open(self, folders: Sequence[Path], request: Request) -> ImageReader:
        """Opens no file yet."""
        missing: dict[str, Problem] = {}
        found: list[str] = []
        for name in self.names:
            try:
                found.append(str(locate(name, folders, "path")))
            except InputError as error:
                found.append(name)
                missing[name] = replace(error.problems[0], path="")
        if missing and not request.tolerant:
            raise InputError(*missing.values())
        return ImageReader(FolderFiles(Path(), found, where="the images given"), self, request, missing)


def image_files(path: Path, inside: str = "") -> ImageFiles:
    """The image files at a path; raises InputError if there are none. A single file is taken as an image."""
    if path.is_dir():
        files: ImageFiles = FolderFiles(path)
    elif inside or is_archive(path):
        files = ArchiveFiles(path, inside)
    else:
        files = FolderFiles(path.parent, [path.name], where=str(path))
    files.require_images()
    return files
