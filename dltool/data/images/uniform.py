"""Images and other arrays that are the same all over: nothing can be learned from them."""

from __future__ import annotations

import numpy as np

from dltool.data.arrays.axes import image_shape
from dltool.data.files.quoting import plural
from dltool.data.readers.reader import Reader

#: samples that a note names
LISTED = 3


def constant(features: np.ndarray) -> np.ndarray:
    """Which samples (n, …) are pictures of one value, or one color (n,); a series may be flat for a while."""
    found = np.zeros(len(features), bool)
    if image_shape(features.shape[1:]) is None:
        return found
    pixels = features.reshape(len(features), -1, features.shape[3] if features.ndim == 4 else 1)
    step = max(1, pixels.shape[1] // 16)
    likely = np.flatnonzero((pixels[:, ::step] == pixels[:, :1]).all(axis=(1, 2)))
    found[likely] = (pixels[likely] == pixels[likely, :1]).all(axis=(1, 2))
    return found


class Constants:
    """Counts constant samples of the sources as they pass."""

    def __init__(self) -> None:
        self._rows: dict[Reader, list[int]] = {}

    def add(self, reader: Reader, low: int, features: np.ndarray) -> None:
        """Look at consecutive samples from row `low` on."""
        self._rows.setdefault(reader, []).extend((low + np.flatnonzero(constant(features))).tolist())

    def warnings(self) -> list[str]:
        """A note for each source that has some."""
        return [_told(reader, rows) for reader, rows in self._rows.items() if rows]


def _told(reader: Reader, rows: list[int]) -> str:
    places = ", ".join(reader.places(rows[:LISTED])) + (", …" if len(rows) > LISTED else "")
    whole = plural(reader.outline.rows, "sample")
    what = "holds one value or color" if len(rows) == 1 else "hold one value or color each"
    return f"{reader.outline.where}: {len(rows)} of {whole} {what}, the same all over: {places}"
