"""The confusion matrix: with numbers for a few classes, as a picture for many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dltool.report.charts import figure
from dltool.report.formats import share, shortened
from dltool.report.markup import Markup, element, table

#: classes up to which cells have numbers, up to which there is a matrix at all, and that are named beside it
NUMBERED, MOST, NAMED = 14, 250, 20
#: confusions that are listed
LISTED = 10
#: of the drawing in its own units: how wide it is about, a character, characters of a name; the largest cell
_WIDTH, _LETTER, _LONGEST, _CELL = 430.0, 7.2, 14, 64.0
#: from which on the number in a cell is light
_STRONG = 0.55

_NOTE = "Rows are true classes, columns predicted ones; a stronger color means a larger share of the row."

Matrix = Sequence[Sequence[int]]


def confusion_matrix(classes: Sequence[str], matrix: Matrix) -> Markup | None:
    """Rows are true classes, columns predicted ones; None where there are too many."""
    if len(classes) > MOST:
        return None
    names = [shortened(name, _LONGEST) for name in classes]
    place = _Place.of(names)
    width, height = place.left + place.extent + place.right, place.top + place.extent + 4
    drawing = element(
        "svg",
        element("rect", x=place.left, y=place.top, width=place.extent, height=place.extent, class_="ground"),
        _cells(classes, matrix, place),
        _names(names, place),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label=f"confusion matrix of {len(classes)} classes",
        class_="matrix",
        style=f"max-width: {1.3 * width:.0f}px",
    )
    return figure("confusion matrix", drawing, note=_NOTE)


def confusions(classes: Sequence[str], matrix: Matrix) -> Markup | None:
    """The most frequent ones; None where there are none."""
    found = [
        (count, sum(row), true, taken)
        for true, row in zip(classes, matrix, strict=True)
        for taken, count in zip(classes, row, strict=True)
        if count and true != taken
    ]
    if not found:
        return None
    rows = [
        (shortened(true, 40), shortened(taken, 40), f"{count:,}", share(count / total))
        for count, total, true, taken in sorted(found, key=lambda one: -one[0])[:LISTED]
    ]
    header = ("true class", "taken for", "rows", "of the class")
    return element("div", element("h3", "Most frequent confusions"), table(header, rows, right=(2, 3)))


@dataclass(frozen=True)
class _Place:
    """Where the square of cells lies, and whether names of columns stand upright above it."""

    left: float
    top: float
    right: float
    size: float  # of a cell
    extent: float  # of all
    upright: bool

    @classmethod
    def of(cls, names: Sequence[str]) -> _Place:
        longest = _LETTER * max(map(len, names))
        left = longest + 8
        size = min(_CELL, (_WIDTH - left) / len(names))
        upright = longest > size - 4
        top, right = (0.87 * longest, 0.5 * longest) if upright else (_LETTER, 4.0)
        return cls(left, top + 16, right, size, size * len(names), upright)


def _cells(classes: Sequence[str], matrix: Matrix, place: _Place) -> Iterator[Markup]:
    """A square, and a number where there is room, for everything that occurs."""
    side = place.size - (1 if place.size > 8 else 0)
    for i, row in enumerate(matrix):
        total = sum(row)
        for j, count in enumerate(row):
            if not count:
                continue
            part = count / total
            strength = 0.1 + 0.9 * (part if i == j else part**0.5)
            x, y = place.left + j * place.size, place.top + i * place.size
            title = f"{classes[i]} taken for {classes[j]}: {count:,} of {total:,} ({share(part)})"
            corner = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{side:.1f}", "height": f"{side:.1f}"}
            style = "right" if i == j else "wrong"
            yield element("rect", element("title", title), class_=style, fill_opacity=f"{strength:.2f}", **corner)
            if len(classes) <= NUMBERED:
                center = {"x": f"{x + side / 2:.1f}", "y": f"{y + side / 2:.1f}"}
                style = "strong" if strength > _STRONG else None
                yield element("text", _brief(count), dy="0.35em", text_anchor="middle", class_=style, **center)


def _names(names: Sequence[str], place: _Place) -> Iterator[Markup]:
    """Of rows and columns; of many only some."""
    for i in range(0, len(names), -(-len(names) // NAMED)):
        middle = (i + 0.5) * place.size
        x, y = f"{place.left + middle:.1f}", f"{place.top + middle:.1f}"
        yield element("text", names[i], x=f"{place.left - 6:.1f}", y=y, dy="0.35em", text_anchor="end")
        if place.upright:
            turned = f"translate({place.left + middle + 3:.1f} {place.top - 6:.1f}) rotate(-60)"
            yield element("text", names[i], transform=turned)
        else:
            yield element("text", names[i], x=x, y=f"{place.top - 6:.1f}", text_anchor="middle")


def _brief(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"
