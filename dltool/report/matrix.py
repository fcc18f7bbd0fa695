"""The confusion matrix: with numbers for a few classes, as a picture for many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dltool.report.charts import figure
from dltool.report.formats import share, shortened
from dltool.report.markup import Markup, element, table

#: classes up to which cells have numbers, and up to which there is a matrix at all
NUMBERED, MOST = 14, 250
#: confusions that are listed
LISTED = 10
_WIDTH, _LETTER, _LONGEST = 430, 6.4, 14

Matrix = Sequence[Sequence[int]]


def confusion_matrix(classes: Sequence[str], matrix: Matrix) -> Markup | None:
    """Rows are true classes, columns predicted ones; None where there are too many."""
    if len(classes) > MOST:
        return None
    longest = _LETTER * max(len(_name(name)) for name in classes)
    labels = [(i, name) for i, name in enumerate(classes) if i % -(-len(classes) // 25) == 0]
    left = longest + 8
    size = min(64.0, (_WIDTH - left) / len(classes))
    upright = longest > size - 4
    top = (0.87 * longest if upright else _LETTER) + 16
    extent = size * len(classes)
    width, height = left + extent + (0.5 * longest if upright else 4), top + extent + 4
    drawing = element(
        "svg",
        element("rect", x=left, y=top, width=extent, height=extent, class_="ground"),
        _cells(classes, matrix, left, top, size),
        [element("text", _name(name), x=left - 6, y=top + (i + 0.5) * size, dy="0.35em", text_anchor="end") for i, name in labels],
        [_column(_name(name), left + (i + 0.5) * size, top - 6, upright=upright) for i, name in labels],
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        role="img",
        aria_label=f"confusion matrix of {len(classes)} classes",
        class_="matrix",
        style=f"max-width: {1.3 * width:.0f}px",
    )
    note = "Rows are true classes, columns what they were taken for; the stronger the colour, the larger the share of the row."
    return figure("confusion matrix", drawing, note=note)


def confusions(classes: Sequence[str], matrix: Matrix) -> Markup | None:
    """The most frequent ones; None where there are none."""
    found = [
        (count, sum(row), true, taken)
        for true, row in zip(classes, matrix, strict=True)
        for taken, count in zip(classes, row, strict=True)
        if count and true != taken
    ]
    worst = sorted(found, key=lambda one: -one[0])[:LISTED]
    rows = [(shortened(true, 40), shortened(taken, 40), f"{count:,}", share(count / total)) for count, total, true, taken in worst]
    if not rows:
        return None
    return element(
        "div",
        element("h3", "Most frequent confusions"),
        table(("true class", "taken for", "rows", "of the class"), rows, right=(2, 3)),
    )


def _cells(classes: Sequence[str], matrix: Matrix, left: float, top: float, size: float) -> Iterator[Markup]:
    """A square, and a number where there is room, for everything that occurs."""
    gap = 1 if size > 8 else 0
    for i, row in enumerate(matrix):
        total = sum(row)
        for j, count in enumerate(row):
            if not count:
                continue
            part = count / total
            strength = 0.1 + 0.9 * (part if i == j else part**0.5)
            title = f"{classes[i]} taken for {classes[j]}: {count:,} of {total:,} ({share(part)})"
            x, y = left + j * size, top + i * size
            square = element(
                "rect", element("title", title), x=f"{x:.1f}", y=f"{y:.1f}", width=f"{size - gap:.1f}",
                height=f"{size - gap:.1f}", fill_opacity=f"{strength:.2f}", class_="right" if i == j else "wrong",
            )  # fmt: skip
            yield square
            if len(classes) <= NUMBERED:
                centre = {"x": f"{x + (size - gap) / 2:.1f}", "y": f"{y + (size - gap) / 2:.1f}"}
                strong = "strong" if strength > 0.55 else None
                yield element("text", _brief(count), dy="0.35em", text_anchor="middle", class_=strong, **centre)


def _column(name: str, x: float, y: float, *, upright: bool) -> Markup:
    if not upright:
        return element("text", name, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor="middle")
    return element("text", name, transform=f"translate({x + 3:.1f} {y:.1f}) rotate(-60)", text_anchor="start")


def _name(name: str) -> str:
    return shortened(name, _LONGEST)


def _brief(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"
