"""The worst examples: their content, true targets and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dltool.data.inspection.sample_images import pictures_of
from dltool.data.samples.samples import joined_samples
from dltool.report.answers import answer, mistake
from dltool.report.content import Content
from dltool.report.formats import shortened
from dltool.report.markup import Markup, element
from dltool.report.pictures import picture
from dltool.training.examples import Example

#: cells of a row that are shown at once; characters of a cell, and of a text
CELLS, LONGEST, TEXT = 10, 60, 400


def examples(content: Content) -> Markup | None:
    """A card for each of the worst rows."""
    if content.measured is None or not content.measured.worst:
        return None
    worst = content.measured.worst
    seen = pictures_of(content.preparation, joined_samples([example.sample for example in worst]))
    pictures = [None] * len(worst) if seen is None else list(seen)
    style = "pictures" if seen is not None else "texts" if len(worst[0].cells) == 1 else "cells"
    wrong = (
        seen is not None
        and content.signature.classes
        and int(content.signature.decided(worst[0].prediction[None])[0]) != int(worst[0].target)
    )
    which = "that the network was surest about, from the surest" if wrong else "with the highest loss, from the worst"
    told = f"Of the {content.measured.part} part, those {which} on."
    if not worst[0].place:
        told += f" To show their locations and cells: dltool report {content.run.root}"
    said = mistake if wrong else answer
    cards = [
        _card(example, pixels, said(content.signature, example))
        for example, pixels in zip(worst, pictures, strict=True)
    ]
    return element(
        "section",
        element("h2", "Misclassified images" if wrong else "Worst examples"),
        element("p", told),
        element("div", cards, class_=f"examples {style}"),
        id="examples",
    )


def _card(example: Example, pixels: np.ndarray | None, said: Markup) -> Markup:
    place = example.location
    shown = None if pixels is None else picture(pixels, place)
    cells = _cells(example.cells) if shown is None else None
    told = element("p", Path(place).name, class_="place", title=place)
    return element("article", shown, said, cells, told, class_="example")


def _cells(cells: Mapping[str, str]) -> Markup | None:
    """Names and values; a text of many words stands alone."""
    if not cells:
        return None
    if len(cells) == 1:
        return element("blockquote", shortened(next(iter(cells.values())), TEXT))
    pairs = [
        element("div", element("dt", shortened(name, LONGEST)), element("dd", shortened(value, LONGEST) or "–"))
        for name, value in cells.items()
    ]
    if len(pairs) <= CELLS + 2:
        return element("dl", pairs)
    rest = element("details", element("summary", f"{len(pairs) - CELLS} more"), element("dl", pairs[CELLS:]))
    return element("div", element("dl", pairs[:CELLS]), rest)
