"""Samples given in memory as arrays: numbers of the shape that training has fixed, and images in any form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from dltool.data.arrays.values import features_of, require_numbers
from dltool.data.files.paths import locate
from dltool.data.images.header import DamagedImageError
from dltool.data.images.pixels import pixels
from dltool.data.images.reader import fixed_form, misfit
from dltool.data.preprocessing.features import ArrayPreparation
from dltool.data.readers.reader import Raw
from dltool.data.sources.images import Images
from dltool.errors import InputError, Problem

#: modes of Pillow's images that a PNG file can hold
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


class GivenArrays:
    """Reads an array (rows, …), a list of samples, or a single sample."""

    def __init__(self, preparation: ArrayPreparation, *, channels_first: bool = False):
        self._shape, self._dtype = preparation.feature_shape, preparation.feature_dtype
        self._padded, self._channels_first = bool(preparation.codes), channels_first

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample, as it is to be given."""
        return (self._shape[-1], *self._shape[:-1]) if self._channels_first else self._shape

    def read(self, rows: Any, where: str) -> np.ndarray:
        """Samples (n, *feature_shape), ready to be prepared; raises InputError for other shapes and for no numbers."""
        if self._padded and not isinstance(rows, np.ndarray):
            rows = [self._with_padding(series, f"{where}[{row}]") for row, series in enumerate(rows)]
        array = self.numbers(rows, where)
        if array.shape == self.shape:
            array = array[None]
        elif array.shape[1:] != self.shape and self.shape[-1:] == (1,) and array.shape[1:] == self.shape[:-1]:
            array = array[..., None]
        if array.ndim == 0 or array.shape[1:] != self.shape:
            got = f"an array of shape {list(array.shape)}"
            message = f"{got}, where samples of shape {list(self.shape)} are expected: an array (rows, …) or a list"
            raise InputError(Problem(message, where))
        if not len(array):
            raise InputError(Problem("there are none", where))
        if self._channels_first:
            array = np.moveaxis(array, 1, -1)
        return self._as_bytes(array, where) if self._dtype == "uint8" else self._as_numbers(array, where)

    def joined(self, parts: Sequence[np.ndarray]) -> Raw:
        """The samples of several reads as one chunk."""
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def numbers(self, rows: Any, where: str) -> np.ndarray:
        """An array of any shape; raises InputError for lists of different lengths and for what is no number."""
        try:
            array = np.asarray(rows)
        except ValueError:
            message = f"lists of different lengths, where samples of shape {list(self.shape)} are expected"
            raise InputError(Problem(message, where)) from None
        require_numbers(array.dtype, where)
        return array

    def _as_numbers(self, array: np.ndarray, where: str) -> np.ndarray:
        if not self._padded:
            return features_of(array, where) if array.dtype != np.uint8 else array.astype(np.float32)
        features_of(np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=np.inf, neginf=-np.inf), where)
        return array

    def _as_bytes(self, array: np.ndarray, where: str) -> np.ndarray:
        if array.dtype == np.uint8:
            return array
        made = np.clip(np.nan_to_num(array.astype(np.float64), nan=-1), -1, 256)
        bad = np.argwhere((made != np.rint(made)) | (made < 0) | (made > 255))
        if len(bad):
            value = array[tuple(bad[0])]
            message = f"the value at {bad[0].tolist()} is {value}, where whole numbers from 0 to 255 are expected"
            raise InputError(Problem(message, where))
        return made.astype(np.uint8)

    def _with_padding(self, series: Any, where: str) -> np.ndarray:
        """A series of numbers, or of rows of numbers, with NaN behind up to the length that training has fixed."""
        array = self.numbers(series, where)
        array = array[:, None] if array.ndim == 1 and self._shape[-1] == 1 else array
        if array.ndim != 2 or not 1 <= len(array) <= self._shape[0] or array.shape[1] != self._shape[1]:
            message = f"a series of shape {list(array.shape)}, where at most {list(self._shape)} is expected"
            raise InputError(Problem(message, where))
        padding = ((0, self._shape[0] - len(array)), (0, 0))
        return np.pad(array.astype(np.float64), padding, constant_values=np.nan)


class GivenImages:
    """Reads a list of images: paths, bytes of image files, images of Pillow, or arrays of pixels; or a single one."""

    def __init__(self, preparation: ArrayPreparation, source: Images):
        self._arrays = GivenArrays(preparation)
        self._form = fixed_form(source, preparation.feature_shape, preparation.feature_dtype)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images that the network gets."""
        return self._form.size

    @property
    def resized(self) -> bool:
        """Whether images of any size are resized."""
        return self._form.resized

    def read(self, rows: Any, where: str) -> np.ndarray:
        """Images as bytes or numbers (n, *feature_shape); raises InputError with all that cannot be used."""
        if isinstance(rows, np.ndarray):
            return self._arrays.read(rows, where)
        if isinstance(rows, str | bytes | os.PathLike) or hasattr(rows, "getbands"):
            rows = [rows]
        images, problems = [], []
        for place, image in enumerate(rows):
            try:
                images.append(self._image(image, f"{where}[{place}]"))
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(*problems)
        if not images:
            raise InputError(Problem("there are none", where))
        return np.stack(images)

    def joined(self, parts: Sequence[np.ndarray]) -> Raw:
        """The images of several reads as one chunk."""
        return self._arrays.joined(parts)

    def _image(self, image: Any, where: str) -> np.ndarray:
        if isinstance(image, str | os.PathLike):
            where = str(image)
            content = _file(Path(image)).read_bytes()
        elif isinstance(image, bytes):
            content = image
        elif hasattr(image, "getbands"):
            content = _encoded(image)
        else:
            return self._arrays.read(self._arrays.numbers(image, where)[None], where)[0]
        if not content:
            raise InputError(Problem("is empty", where))
        try:
            about, found = pixels(content, where, self._form)
        except DamagedImageError as error:
            raise InputError(Problem(str(error), where)) from None
        if not found.size:
            raise InputError(Problem(misfit(about.size, self._form, fixed=True), where))
        return found.reshape(self._arrays.shape)


def _file(path: Path) -> Path:
    try:
        return locate(str(path), [], "")
    except InputError as error:
        raise InputError(*(Problem(problem.message) for problem in error.problems)) from None


def _encoded(image: Any) -> bytes:
    """An image of Pillow as a file."""
    file = BytesIO()
    image.save(file, "PNG" if image.mode in _PNG_MODES else "TIFF")
    return file.getvalue()
