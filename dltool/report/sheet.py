"""Misclassified images on one PNG sheet, each with its true and its predicted class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dltool.data.inspection.sample_images import as_bytes, pictures_of
from dltool.data.samples.samples import joined_samples
from dltool.errors import InputError, Problem, RunError
from dltool.formatting import plural
from dltool.report.formats import share, shortened
from dltool.training.assessment import Assessment
from dltool.training.examples import Example
from dltool.training.writing import require_place

#: pixels: of an image's longer side, between images, of a line of text and of its letters
SIDE, GAP, LINE, LETTERS = 144, 16, 18, 14
#: images in a row; characters in a line
COLUMNS, LONGEST = 6, 20
BACKGROUND, TEXT, WRONG = "white", "#222222", "#b34700"


def require_png(path: Path) -> None:
    """Raises InputError where no PNG can be written."""
    if path.suffix.lower() != ".png":
        raise InputError(Problem("the images are written as a PNG; choose a name that ends in .png", str(path)))
    require_place(path)
    _pillow()


def write_sheet(path: Path, assessed: Assessment) -> str:
    """Write the most confidently misclassified images; returns a message about what was written.

    Raises InputError unless the samples are images of classes, RunError if the file cannot be written.
    """
    mistakes = assessed.mistakes
    if mistakes is None:
        raise InputError("--images: the network does not classify images")
    if not mistakes:
        return f"no image is misclassified, so {path} is not written"
    pictures = pictures_of(assessed.preparation, joined_samples([one.sample for one in mistakes]))
    assert pictures is not None
    image, draw = _pillow()
    cell = (SIDE + GAP, SIDE + 3 * LINE + GAP)
    rows = -(-len(mistakes) // COLUMNS)
    sheet = image.new("RGB", (GAP + min(COLUMNS, len(mistakes)) * cell[0], GAP + rows * cell[1]), BACKGROUND)
    pen = draw.Draw(sheet)
    for index, (mistake, pixels) in enumerate(zip(mistakes, pictures, strict=True)):
        left, top = GAP + index % COLUMNS * cell[0], GAP + index // COLUMNS * cell[1]
        sheet.paste(_enlarged(image, as_bytes(pixels)), (left, top))
        for line, (text, color) in enumerate(_lines(mistake, assessed)):
            place = (left, top + SIDE + 4 + line * LINE)
            pen.text(place, text, fill=color, font_size=LETTERS)
    try:
        sheet.save(path)
    except OSError as error:
        raise RunError(Problem(f"cannot be written: {error.strerror or error}", str(path))) from None
    return f"{plural(len(mistakes), 'misclassified image')} → {path}"


def _lines(mistake: Example, assessed: Assessment) -> list[tuple[str, str]]:
    """What is written below an image."""
    names, taken = assessed.signature.classes or (), int(assessed.signature.decided(mistake.prediction[None])[0])
    chance, place = share(float(mistake.prediction[taken])), Path(mistake.location).name
    return [
        (shortened(names[int(mistake.target)], LONGEST), TEXT),
        (f"not {shortened(names[taken], LONGEST - len(chance) - 6)}, {chance}", WRONG),
        (place if len(place) <= LONGEST else f"…{place[1 - LONGEST :]}", TEXT),
    ]


def _enlarged(image: Any, pixels: np.ndarray) -> Any:
    """An image of Pillow's whose longer side is as long as can be; every pixel stays a square."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    if longer > SIDE:
        size, way = (max(1, width * SIDE // longer), max(1, height * SIDE // longer)), image.Resampling.BILINEAR
    else:
        size, way = (width * (SIDE // longer), height * (SIDE // longer)), image.Resampling.NEAREST
    return image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).resize(size, way)


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageDraw
    except ImportError:
        raise InputError("--images needs Pillow: pip install 'dltool[images]'") from None
    return Image, ImageDraw
