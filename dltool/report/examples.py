"""The rows that a network does worst on: what they hold, what is true, and what was predicted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.data.signature import Signature
from dltool.figures import number
from dltool.report.content import Content
from dltool.report.formats import share, short, shortened
from dltool.report.markup import Markup, element
from dltool.report.measuring import Example
from dltool.report.pictures import picture, pictures_of

#: cells of a row that are shown at once; characters of a cell, and of a text
CELLS, LONGEST, TEXT = 10, 60, 400
#: numbers of a target, or labels, that are shown
TARGETS = 5


def examples(content: Content) -> Markup | None:
    """A card for each of the worst rows."""
    if content.measured is None or not content.measured.worst:
        return None
    cards = [_card(content, example) for example in content.measured.worst]
    where = f"Of the {content.measured.part} part, those with the highest loss, from the worst on."
    if not any(example.place for example in content.measured.worst):
        where += f" Their place and their cells are told by: dltool report {content.run.root}"
    return element(
        "section", element("h2", "Worst examples"), element("p", where), element("div", cards, class_="examples"),
        id="examples",
    )  # fmt: skip


def _card(content: Content, example: Example) -> Markup:
    place = example.place or f"row {example.row + 1:,} of the {content.measured and content.measured.part} part"
    shown = pictures_of(content.preparation, example.sample)
    title = _title(content.signature, example)
    body = _cells(example.cells) if shown is None else picture(shown[0], place)
    return element("article", body if shown is not None else None, title, None if shown is not None else body, element("p", place, class_="place"), class_="example")


def _title(signature: Signature, example: Example) -> Markup:
    """What is true and what was predicted."""
    if signature.classes:
        true, taken = int(example.target), int(example.prediction.argmax())
        answer = _answer(signature.classes[taken], float(example.prediction[taken]), right=true == taken)
        known = [] if true == taken else [f", at {share(float(example.prediction[true]))}"]
        return _pair(element("b", signature.classes[true]), known, answer)
    if signature.task == "labels":
        wrong = np.abs(example.target - example.prediction)
        order = np.argsort(-wrong, kind="stable")[:TARGETS].tolist()
        lines = [
            element(
                "div", element("b", signature.targets[i]), f" is {'set' if example.target[i] > 0.5 else 'not set'}: ",
                _chance(float(example.prediction[i]), right=bool(wrong[i] < 0.5)),
            )
            for i in order
        ]  # fmt: skip
        return element("div", lines, class_="answer")
    lines = [
        element(
            "div", element("span", f"{name} " if len(signature.targets) > 1 else ""), element("b", short(true)),
            " predicted ", element("b", short(predicted), class_="wrong"), f" ({predicted - true:+.3g})",
        )
        for name, true, predicted in zip(signature.targets, example.target.tolist(), example.prediction.tolist(), strict=True)
    ]  # fmt: skip
    return element("div", lines[:TARGETS], class_="answer")


def _pair(true: Markup, known: list[str], answer: Markup) -> Markup:
    return element("div", element("div", true, known), element("div", "taken for ", answer), class_="answer")


def _answer(name: str, chance: float, *, right: bool) -> Markup:
    return element("span", element("b", name), f", at {share(chance)}", class_="right" if right else "wrong")


def _chance(chance: float, *, right: bool) -> Markup:
    return element("span", f"at {share(chance)}", class_="right" if right else "wrong")


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
    shown = element("dl", pairs[:CELLS])
    if len(pairs) <= CELLS + 2:
        return element("dl", pairs)
    return element("div", shown, element("details", element("summary", f"{len(pairs) - CELLS} more"), element("dl", pairs[CELLS:])))
