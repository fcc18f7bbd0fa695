"""Images of a single color, from which nothing can be learned."""

from __future__ import annotations

import numpy as np

from dltool.data.arrays.axes import image_shape
from dltool.data.readers.reader import Reader
from dltool.formatting import first_few, plural

#: samples that a note names
LISTED = 3


def constant(features: np.ndarray) -> np.ndarray:
    """Which samples (n, …) are images of a single color (n,); flat series are not counted."""
    found = np.zeros(len(features), bool)
    if image_shape(features.shape[1:]) is None:
        return found
    pixels = features.reshape(len(features), -1, features.shape[3] if features.ndim == 4 else 1)
    step = max(1, pixels.shape[1] // 16)
    likely = np.flatnonzero((pixels[:, ::step] == pixels[:, :1]).all(axis=(1, 2)))
    found[likely] = (pixels[likely] == pixels[likely, :1]).all(axis=(1, 2))
    return found


class Constants:
    """Collects constant samples of all sources as they pass."""

    def __init__(self) -> None:
        self._rows: dict[Reader, list[int]] = {}

    def add(self, reader: Reader, low: int, features: np.ndarray) -> None:
        """Look at consecutive samples from row `low` on."""
        self._rows.setdefault(reader, []).extend((low + np.flatnonzero(constant(features))).tolist())

    def warnings(self) -> list[str]:
        """A warning for each source with constant samples."""
        return [_warning(reader, rows) for reader, rows in self._rows.items() if rows]


def _warning(reader: Reader, rows: list[int]) -> str:
    places = first_few(reader.places(rows[: LISTED + 1]), LISTED)
    whole = plural(reader.outline.rows, "sample")
    what = "has a single color" if len(rows) == 1 else "have a single color each"
    return f"{reader.outline.where}: {len(rows)} of {whole} {what}: {places}"
