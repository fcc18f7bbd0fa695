"""Sources for prediction: files like those trained on, or image files for networks trained on arrays of images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

from dltool.data.images.archive import ARCHIVE, is_archive, split_archive
from dltool.data.images.formats import is_called_image
from dltool.data.preprocessing.features import ArrayPreparation, Preparation
from dltool.data.sources.images import ImageList, Images
from dltool.data.sources.source import Source


class PredictionSource(NamedTuple):
    """A source to predict from; `where` names it in messages."""

    where: str
    source: Source


def prediction_sources(source: Source, paths: Sequence[str], preparation: Preparation) -> list[PredictionSource]:
    """Sources like `source` at other paths; consecutive image files become one source.

    Raises InputError if the samples of `source` do not come from files.
    """
    return list(_sources(source, paths, preparation))


def _sources(source: Source, paths: Sequence[str], preparation: Preparation) -> Iterator[PredictionSource]:
    of_files = isinstance(source, Images)
    images = images_of(source, preparation)
    for form, group in groupby(paths, lambda path: _form(path, of_files) if images else "other"):
        found = list(group)
        if images and form == "image":
            yield PredictionSource(
                found[0], ImageList(**images.model_dump(exclude={"path", "class_folder"}), names=tuple(found))
            )
        else:
            one = images if images and form == "images" else source
            yield from (PredictionSource(path, one.at(path)) for path in found)


def images_of(source: Source, preparation: Preparation) -> Images | None:
    """How image files are read for a network that was trained on images or on arrays of pixels; None for others."""
    if isinstance(source, Images):
        return source
    return Images(path="") if _are_images(preparation) else None


def _form(name: str, of_files: bool) -> Literal["image", "images", "other"]:
    """What is at a path; any file is an image if the network was trained on image files (`of_files`)."""
    path, inside = Path(name), split_archive(name)[1]
    if inside or path.is_dir() or (is_archive(path) if of_files else path.suffix.lower() == ARCHIVE):
        return "images"
    return "image" if of_files or is_called_image(path.name) else "other"


def _are_images(preparation: Preparation) -> bool:
    """Whether samples are bytes (height, width) or (height, width, channels)."""
    shape = preparation.feature_shape
    of_bytes = isinstance(preparation, ArrayPreparation) and preparation.feature_dtype == "uint8"
    return of_bytes and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3)))
