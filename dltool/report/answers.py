"""The true target and the prediction of a row, in a few words for each task."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dltool.data.samples.signature import Signature
from dltool.metrics.tokens import COUNTED, SURPRISE
from dltool.report.formats import share, short
from dltool.report.markup import Markup, element
from dltool.training.examples import Example

#: largest number of labels or targets shown for a row
MOST = 5


def answer(signature: Signature, example: Example) -> Markup:
    """The prediction next to the true target, a line for each target."""
    ways = {"classes": _class, "multilabel": _labels, "numbers": _numbers, "tokens": _tokens}
    lines = ways[signature.task](signature, example)
    return element("div", list(lines)[:MOST], class_="answer")


def mistake(signature: Signature, example: Example) -> Markup:
    """The true class of an image, the predicted one, and its probability."""
    names, taken = signature.classes or (), int(signature.decided(example.prediction[None])[0])
    chance = element("div", share(float(example.prediction[taken])))
    return element(
        "div",
        element(
            "div", element("b", names[int(example.target)]), " → ", _colored(element("b", names[taken]), right=False)
        ),
        chance,
        class_="answer",
    )


def truth(signature: Signature, target: np.ndarray) -> str:
    """The true target alone: a class (), labels (k,), or numbers (k,) in the units of the data."""
    if signature.task == "classes" and signature.classes:
        return signature.classes[int(target)]
    if signature.task == "multilabel":
        return ", ".join(name for name, one in zip(signature.targets, target.tolist(), strict=True) if one > 0.5)
    return ", ".join(map(short, target.tolist()))


def _class(signature: Signature, example: Example) -> Iterator[Markup]:
    names = signature.classes or ()
    true, taken = int(example.target), int(signature.decided(example.prediction[None])[0])
    chances = [share(float(example.prediction[one])) for one in (true, taken)]
    if true == taken:
        chance = _colored(f"at {chances[0]}", right=True)
        yield element("div", element("b", names[true]), ", correct, but only ", chance)
    else:
        yield element("div", element("b", names[true]), f", at {chances[0]}")
        yield element("div", "predicted ", _colored(element("b", names[taken]), f", at {chances[1]}", right=False))


def _labels(signature: Signature, example: Example) -> Iterator[Markup]:
    """The labels with the largest errors."""
    distance = np.abs(example.target - example.prediction)
    for index in np.argsort(-distance, kind="stable").tolist():
        name = element("b", signature.targets[index])
        true = "" if example.target[index] > 0.5 else "not "
        chance = share(float(example.prediction[index]))
        yield element("div", true, name, ", ", _colored(f"at {chance}", right=bool(distance[index] < 0.5)))


def _numbers(signature: Signature, example: Example) -> Iterator[Markup]:
    several = len(signature.targets) > 1
    numbers = zip(signature.targets, example.target.tolist(), example.prediction.tolist(), strict=True)
    for name, true, predicted in numbers:
        error = f"{'+' if predicted >= true else '−'}{short(abs(predicted - true))}"
        known = (f"{name} " if several else None, element("b", short(true)))
        yield element("div", *known, ", predicted ", element("b", short(predicted)), " ", _colored(error, right=False))


def _tokens(signature: Signature, example: Example) -> Iterator[Markup]:
    surprise = float(example.prediction[SURPRISE] / max(1.0, example.prediction[COUNTED]))
    yield element("div", "loss of a token ", element("b", short(surprise)))


def _colored(*content: str, right: bool) -> Markup:
    return element("span", *content, class_="right" if right else "wrong")
