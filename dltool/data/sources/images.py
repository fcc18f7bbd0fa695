"""Images in folders, one folder for each class: PNG, JPEG and the like, in a directory or a zip archive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.paths import locate, locate_folder
from dltool.data.sources.image_files import FolderFiles, ImageFiles, image_files
from dltool.data.sources.source import Outline, Raw, Reader, Request, Source
from dltool.errors import InputError, Problem
from dltool.registry import register

#: bytes of images that are unpacked at a time
CHUNK = 64 << 20
#: images that a thread unpacks at a time
TOGETHER = 16
#: images that are looked at to tell whether there is colour
LOOKED_AT = 32
#: where JPEG files note how the camera was held, and the codes of those that lie on a side
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


@register("source", "images", main="path")
class Images(Source):
    """PNG, JPEG, BMP, GIF and WebP files in one folder for each class; also in a zip archive."""

    listed = True

    path: str = Field(description="directory or zip archive; the folder that an image lies in is its class")
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="height and width to resize to; without it all images must have one size"
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="1: grey, 3: colour; without it grey only if all images seem to be"
    )

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The archive, or every image of the directory."""
        path = locate_folder(self.path, folders, "path")
        return [path] if path.is_file() else [path / name for name in FolderFiles(path).names]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Lists the images, and looks at a few."""
        files = image_files(path := locate_folder(self.path, folders, "path"))
        try:
            return ImageReader(files, str(path), self, request)
        except BaseException:
            files.close()
            raise


class ImageList(Images):
    """Image files by their names, such as those on a command line."""

    path: str = ""
    names: tuple[str, ...]

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All of them."""
        return [locate(name, folders, "path") for name in self.names]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Looks at a few."""
        names = map(str, self.files(folders))
        return ImageReader(FolderFiles(Path(), names), self.names[0], self, request)


class ImageReader(Reader):
    """Images in the order of their names."""

    def __init__(self, files: ImageFiles, where: str, source: Images, request: Request):
        self._files, self._resize = files, source.size is not None
        settled = (*request.shape, 1)[:3] if len(request.shape) in (2, 3) else None
        height, width = source.size or (settled[:2] if settled else self.sizes(1)[0])
        channels = source.channels or (settled[2] if settled else self._channels())
        self._height, self._width, self._mode = height, width, "L" if channels == 1 else "RGB"
        self._settled = settled is not None
        self.outline = Outline(
            where=where,
            place=lambda row: files.place(files.names[row]),
            rows=len(files.names),
            task="classes",
            targets={"class": self._classes()} if request.targets else {},
            feature_shape=(height, width) if len(request.shape) == 2 else (height, width, channels),
            feature_dtype="uint8",
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Images (rows, height, width, channels), bytes; unpacked on several threads."""
        shape = self.outline.feature_shape
        step = max(1, CHUNK // int(np.prod(shape)))
        with ThreadPoolExecutor() as threads:
            for low in range(0, len(self._files.names), step):
                names = self._files.names[low : low + step]
                chunk = np.empty((len(names), *shape), np.uint8)
                jobs = [slice(first, first + TOGETHER) for first in range(0, len(names), TOGETHER)]
                done = threads.map(self._unpack, (names[job] for job in jobs), (chunk[job] for job in jobs))
                list(done)  # raises what a thread has raised
                yield chunk

    def close(self) -> None:
        """Close the archive."""
        self._files.close()

    def sizes(self, count: int) -> list[tuple[int, int]]:
        """Height and width of about so many images, evenly spaced."""
        return [_size(image) for image in self._some(count)]

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The names of the files."""
        return [{"file": self._files.names[row]} for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The paths of the files, as a prediction without one tells nothing."""
        return {"file": np.ma.array([self._files.path(name) for name in self._files.names[low:high]], dtype=object)}

    def kept_types(self) -> dict[str, str]:
        """Text."""
        return {"file": "VARCHAR"}

    def _classes(self) -> np.ndarray:
        folders = [PurePosixPath(name).parent.name for name in self._files.names]
        if "" in folders:
            message = "lies in no folder of its own, which would be its class; put each class in a folder"
            raise InputError(Problem(message, self._files.place(self._files.names[folders.index("")])))
        return np.array(folders, dtype=object)

    def _channels(self) -> int:
        return 1 if all(_is_grey(image) for image in self._some(LOOKED_AT)) else 3

    def _some(self, count: int) -> Iterator[Any]:
        return map(self._opened, self._files.names[:: -(-len(self._files.names) // count)])

    def _unpack(self, names: Sequence[str], images: np.ndarray) -> None:
        for name, image in zip(names, images, strict=True):
            image[:] = self._pixels(name).reshape(image.shape)

    def _pixels(self, name: str) -> np.ndarray:
        image, size = self._opened(name), (self._height, self._width)
        if self._resize:
            image.draft(None, (2 * max(size), 2 * max(size)))  # of a large JPEG no more is unpacked than it takes
        elif (found := _size(image)) != size:
            raise InputError(Problem(self._misfit(found), self._files.place(name)))
        try:
            image = _flat(_upright(image)).convert(self._mode)
            if _size(image) != size:
                image = image.resize(size[::-1], _pillow().Resampling.BILINEAR)
        except Exception as error:  # decoders raise what they happen to meet in a damaged file
            raise self._damaged(name, error) from None
        return np.asarray(image, np.uint8)

    def _opened(self, name: str) -> Any:
        """An image of Pillow's, whose pixels are not unpacked yet."""
        pillow, content = _pillow(), self._files.read(name)
        try:
            image = pillow.open(BytesIO(content))
            _size(image)  # reads what a camera has noted
            return image
        except pillow.DecompressionBombError:
            message = f"has more than {2 * pillow.MAX_IMAGE_PIXELS} pixels; make it smaller, if it is not damaged"
            raise InputError(Problem(message, self._files.place(name))) from None
        except Exception as error:  # as above
            raise self._damaged(name, error) from None

    def _misfit(self, found: tuple[int, int]) -> str:
        height, width = self._height, self._width
        those = "those to train on are" if self._settled else "the first image is"
        advice = f"resize {'it, or all' if self._settled else 'all'}: size: [{height}, {width}]"
        return f"is {found[0]} × {found[1]}, {those} {height} × {width}; {advice}"

    def _damaged(self, name: str, error: Exception) -> InputError:
        what = "cut short" if "truncated" in str(error) else "not an image, or damaged"
        return InputError(Problem(what, self._files.place(name)))


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise InputError("images need Pillow: pip install 'dltool[images]'") from None
    return Image


def _is_grey(image: Any) -> bool:
    return image.mode in ("1", "L", "LA", "F") or image.mode.startswith("I")


def _turn(image: Any) -> int:
    """How a photo is to be turned to be seen as it was meant: the code that a camera notes, 1 for not at all."""
    return image.getexif().get(ORIENTATION, 1) if image.format == "JPEG" else 1


def _size(image: Any) -> tuple[int, int]:
    """Height and width of an image that is upright."""
    return (image.width, image.height) if _turn(image) in SIDEWAYS else (image.height, image.width)


def _upright(image: Any) -> Any:
    from PIL import ImageOps

    return image if _turn(image) == 1 else ImageOps.exif_transpose(image)


def _flat(image: Any) -> Any:
    """An image of 8 bits, without transparency: black shows through."""
    pillow = _pillow()
    if image.mode.startswith("I"):  # 16 bits, of which Pillow would cut off all above the lowest 8
        return pillow.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    image = image.convert("RGBA")
    return pillow.alpha_composite(pillow.new("RGBA", image.size, "black"), image)
