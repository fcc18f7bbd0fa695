"""The size that images are brought to, where they have several."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any, cast

from dltool.data.sources.images import ImageReader, Images
from dltool.data.sources.source import Request

#: images that are looked at
LOOKED_AT = 200
#: the longer side is brought to at most so many pixels: more take a processor long
LONGEST = 64


def image_fields(paths: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Fields of an `images` source for each part: all are brought to one size where those of the training differ."""
    with Images(path=paths["train"]).open([], Request()) as reader:
        sizes = cast(ImageReader, reader).sizes(LOOKED_AT)
    size: dict[str, Any] = {}
    if len(set(sizes)) > 1 or max(sizes[0]) > 2 * LONGEST:
        height, width = (median(side) for side in zip(*sizes, strict=True))
        shrink = min(1.0, LONGEST / max(height, width))
        size = {"size": [max(1, round(height * shrink)), max(1, round(width * shrink))]}
    return {part: {"path": path, **size} for part, path in paths.items()}
