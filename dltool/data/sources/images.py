"""Images in folders, one folder for each class: PNG and JPEG, in a directory or a zip archive."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.paths import locate_folder
from dltool.data.sources.source import Outline, Raw, Reader, Request, Source
from dltool.errors import InputError, Problem
from dltool.registry import register

ENDINGS = (".png", ".jpg", ".jpeg")
#: bytes of images that are unpacked at a time
CHUNK = 64 << 20
#: what Pillow and zipfile raise for a file that is damaged
DAMAGED = (OSError, SyntaxError, ValueError, zipfile.BadZipFile)


@register("source", "images", main="path")
class Images(Source):
    """PNG and JPEG files in one folder for each class; also in a zip archive."""

    path: str = Field(description="directory or zip archive; the folder that an image lies in is its class")
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="height and width to resize to; without it all images must have one size"
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="1: grey, 3: colour; without it those of the first image"
    )

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The archive, or every image of the directory."""
        path = locate_folder(self.path, folders, "path")
        return [path] if path.is_file() else [path / name for name in _names_in_folder(path)]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Lists the images, and unpacks the first."""
        path = locate_folder(self.path, folders, "path")
        names, read = _listed(path)
        if not names:
            raise InputError(Problem(f"no image here; they end in {', '.join(ENDINGS)}", str(path)))
        return ImageReader(path, names, read, self, targets=request.targets)


class ImageReader(Reader):
    """Images in the order of their names."""

    def __init__(
        self, path: Path, names: Sequence[str], read: Callable[[str], bytes], source: Images, *, targets: bool
    ):
        self._path, self._names, self._read_bytes, self._source = path, names, read, source
        first = self._opened(names[0])
        self._channels = source.channels or (1 if first.mode in ("1", "L", "I", "I;16", "F") else 3)
        self._size = tuple(source.size or (first.height, first.width))
        self.outline = Outline(
            where=str(path),
            place=lambda row: self._place(names[row]),
            rows=len(names),
            task="classes",
            targets={"class": self._classes()} if targets else {},
            feature_shape=(*self._size, self._channels),
            feature_dtype="uint8",
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Images (rows, height, width, channels), bytes; unpacked on several threads."""
        step = max(1, CHUNK // int(np.prod(self.outline.feature_shape)))
        with ThreadPoolExecutor() as threads:
            for low in range(0, len(self._names), step):
                names = self._names[low : low + step]
                yield np.stack(list(threads.map(self._pixels, names, chunksize=64)))

    def sizes(self, count: int) -> list[tuple[int, int]]:
        """Height and width of about so many images, evenly spaced."""
        images = map(self._opened, self._names[:: -(-len(self._names) // count)])
        return [(image.height, image.width) for image in images]

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The names of the files."""
        return [{"file": self._names[row]} for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The names of the files, as a prediction without one tells nothing."""
        return {"file": np.ma.array(self._names[low:high], dtype=object)}

    def kept_types(self) -> dict[str, str]:
        """Text."""
        return {"file": "VARCHAR"}

    def _classes(self) -> np.ndarray:
        folders = [PurePosixPath(name).parent.name for name in self._names]
        for name, folder in zip(self._names, folders, strict=True):
            if not folder:
                message = "lies in no folder of its own, which would be its class; put each class in a folder"
                raise InputError(Problem(message, self._place(name)))
        return np.array(folders)

    def _pixels(self, name: str) -> np.ndarray:
        from PIL import Image

        image = self._opened(name)
        try:
            if "A" in image.getbands() or "transparency" in image.info:  # what is transparent becomes black
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
            image = image.convert("L" if self._channels == 1 else "RGB")
        except DAMAGED as error:
            raise self._damaged(name, error) from None
        height, width = self._size
        if self._source.size:
            image = image.resize((width, height), Image.Resampling.BILINEAR)
        if image.size != (width, height):
            sizes = f"is {image.height} × {image.width}, the first image {height} × {width}"
            message = f"{sizes}; resize all: size: [{height}, {width}]"
            raise InputError(Problem(message, self._place(name)))
        return np.asarray(image, np.uint8).reshape(height, width, self._channels)

    def _opened(self, name: str) -> Any:
        try:
            from PIL import Image
        except ImportError:
            raise InputError("images need Pillow: pip install 'dltool[images]'") from None
        try:
            return Image.open(BytesIO(self._read_bytes(name)))
        except DAMAGED as error:
            raise self._damaged(name, error) from None

    def _damaged(self, name: str, error: Exception) -> InputError:
        what = "cut short" if "truncated" in str(error) else "not an image, or damaged"
        return InputError(Problem(what, self._place(name)))

    def _place(self, name: str) -> str:
        return str(self._path / name) if self._path.is_dir() else f"{self._path}: {name}" if name else str(self._path)


def _listed(path: Path) -> tuple[list[str], Callable[[str], bytes]]:
    """Names of the images in a directory, a zip archive or, where it is one itself, of a file; and how to read one."""
    if path.is_dir():
        return _names_in_folder(path), lambda name: (path / name).read_bytes()
    if path.suffix.lower() in ENDINGS:
        return [path.name], lambda name: path.read_bytes()
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise InputError(Problem("neither a directory nor a whole zip archive", str(path))) from None
    return sorted(name for name in archive.namelist() if _is_image(name)), archive.read


def _names_in_folder(path: Path) -> list[str]:
    names = (file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    return sorted(name for name in names if _is_image(name))


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in ENDINGS and not any(part.startswith((".", "__MACOSX")) for part in path.parts)
