"""Single predictions with what speaks for them: over the image, under the words, or along the series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dltool.data.inspection.sample_images import as_bytes, pictures_of
from dltool.data.preprocessing.features import Preparation
from dltool.data.samples.samples import joined_samples
from dltool.data.samples.signature import Signature
from dltool.explanation.examples import Explained
from dltool.explanation.explaining import Explanation
from dltool.report.answers import truth
from dltool.report.axes import linear_axis
from dltool.report.charts import Chart
from dltool.report.formats import share, short
from dltool.report.markup import Markup, element
from dltool.report.pictures import picture

#: red, green and blue of what speaks for a prediction, and against it; their largest share in a pixel
FOR, AGAINST, COVER = (10, 100, 173), (192, 79, 0), 0.75
#: weights of red, green and blue in the brightness that an eye sees (ITU-R BT.601)
BRIGHTNESS = (0.299, 0.587, 0.114)
#: a curve or a row of bars
HEIGHT = 130


def explained_examples(found: Explanation, signature: Signature, preparation: Preparation) -> Markup | None:
    """A card for each explained prediction."""
    if not found.examples:
        return None
    seen = pictures_of(preparation, joined_samples([one.sample for one in found.examples]))
    if seen is not None:
        what, style = "a window over the image shows the mean of all images instead", "pictures"
        drawn = [_image(one, pixels) for one, pixels in zip(found.examples, seen, strict=True)]
    elif found.steps:
        what, style = "some steps show the mean of all series instead", "texts"
        drawn = [_series(one, [step.name for step in found.steps]) for one in found.examples]
    else:
        what, style = "a word is left out", "texts"
        drawn = [_text(one) for one in found.examples]
    cards = [
        element("article", drawing, _answer(signature, one), class_="example")
        for drawing, one in zip(drawn, found.examples, strict=True)
    ]
    key = element(
        "p",
        element("span", "speaks for the prediction", class_="key network"),
        element("span", "speaks against it", class_="key validation"),
    )
    return element(
        "div",
        element("h3", "Predictions explained"),
        element("p", f"How the prediction changes if {what}."),
        key,
        element("div", cards, class_=f"examples {style}"),
    )


def _image(one: Explained, pixels: np.ndarray) -> Markup:
    """The image in gray under the color of the effects."""
    seen = as_bytes(pixels).astype(np.float64)
    gray = seen @ np.array(BRIGHTNESS) if seen.shape[-1] == 3 else seen[..., 0]
    strength = COVER * one.effects / (np.abs(one.effects).max() or 1.0)
    color = np.where(strength[..., None] >= 0, np.array(FOR), np.array(AGAINST))
    cover = np.abs(strength)[..., None]
    return picture(np.rint((1 - cover) * gray[..., None] + cover * color).astype(np.uint8), "what mattered")


def _text(one: Explained) -> Markup:
    """Words on a ground as strong as their effect."""
    most = np.abs(one.effects).max(initial=0.0) or 1.0
    words = [
        element(
            "span",
            word,
            class_="for" if effect >= 0 else "against",
            style=f"--share: {60 * abs(effect) / most:.0f}%",
            title=f"{effect:+.3g}",
        )
        for word, effect in zip(one.words, one.effects.tolist(), strict=True)
    ]
    spaced = [part for word in words for part in (word, " ")]
    return element("blockquote", spaced, class_="weighed")


def _series(one: Explained, names: Sequence[str]) -> Markup:
    """The series, and below it a bar for each group of steps."""
    values = one.sample.features[0].astype(np.float64)
    steps = linear_axis([], low=1.0, high=float(len(values)))
    curve = Chart(steps, linear_axis(values.ravel().tolist()), "the series as the network gets it", height=HEIGHT)
    for channel in values.T[:4]:
        curve.line(list(enumerate(channel.tolist(), start=1)), "past")
    heights = one.effects.tolist()
    edges = [float(index) for index in range(len(heights) + 1)]
    titles = [f"steps {name}: {height:+.3g}" for name, height in zip(names, heights, strict=True)]
    x = linear_axis([], low=0.0, high=edges[-1])
    bars = Chart(replace(x, marks=()), linear_axis([0.0, *heights]), "effects of steps", height=HEIGHT)
    bars.bars(edges, [max(0.0, height) for height in heights], titles, "network")
    bars.bars(edges, [min(0.0, height) for height in heights], titles, "validation")
    return element("div", curve.drawn(), bars.drawn())


def _answer(signature: Signature, one: Explained) -> Markup:
    """What is predicted, and what is true."""
    name = (signature.classes or signature.targets)[one.answer]
    value = float(one.prediction[one.answer])
    if signature.task == "numbers":
        true = short(float(one.target[one.answer]))
        told = element("div", "predicted ", element("b", short(value)), f", truth {true}")
        return element("div", told, class_="answer")
    true = truth(signature, one.target) or "none"
    right = signature.classes and signature.classes[int(one.target)] == name
    told = None if right else element("div", "truth ", element("b", true), class_="wrong")
    return element("div", element("div", element("b", name), f", at {share(value)}"), told, class_="answer")
