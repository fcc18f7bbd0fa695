"""What predictions depend on: columns and steps, partial dependence, words, and explained examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dltool.data.preprocessing.features import Preparation
from dltool.data.samples.signature import Signature
from dltool.explanation.dependence import Dependence
from dltool.explanation.explaining import Explanation
from dltool.explanation.importance import Importance
from dltool.explanation.words import Word
from dltool.formatting import number
from dltool.report.axes import Axis, linear_axis
from dltool.report.charts import Chart, figure
from dltool.report.content import Content
from dltool.report.explained import explained_examples
from dltool.report.formats import short
from dltool.report.markup import Markup, element, table

#: columns of a table that are shown at once, and curves of a chart
SHOWN, CURVES = 15, 4
#: how charts of partial dependence are to be read
DEPENDENCE = (
    "The mean prediction if every row had this value in the column and its own values in all others. Values that do not"
    " go together in the data may be combined."
)
#: styles of curves
STYLES = ("network", "validation", "past", "steps")


def explanation(content: Content) -> Markup | None:
    """The section of a report."""
    if content.explanation is None or content.measured is None:
        return None
    return section(content.explanation, f"{content.measured.part} part", content.signature, content.preparation)


def section(found: Explanation, where: str, signature: Signature, preparation: Preparation) -> Markup:
    """Everything that was found; `where` says which rows it is about."""
    more = element("div", _dependences(found, signature), class_="figures")
    return element(
        "section",
        element("h2", "What predictions depend on"),
        _importances(found, where) if found.columns else None,
        _steps(found.steps, where) if found.steps else None,
        element("div", element("h3", "Mean prediction by value"), element("p", DEPENDENCE, class_="note"), more)
        if found.dependences
        else None,
        _words(found.words, signature) if found.words else None,
        explained_examples(found, signature, preparation),
        id="explanation",
    )


def answer_names(signature: Signature) -> Sequence[str]:
    """What predictions (n, k) are of, in order."""
    return signature.classes or signature.targets


def _importances(found: Explanation, where: str) -> Markup:
    told = (
        f"How much worse predictions get if a column is shuffled among {found.rows:,} rows of the {where}, mean and"
        f" spread of {found.shuffles} shuffles; the loss there is {number(found.loss)}, {found.metric}"
        f" {number(found.value)}. Columns that tell the same stand in for each other, so each alone may seem to matter"
        " little."
    )
    shown = _table(found, found.columns[:SHOWN])
    rest = found.columns[SHOWN:]
    more = element("details", element("summary", f"{len(rest)} more"), _table(found, rest)) if rest else None
    return element("div", element("p", told), shown, more)


def _table(found: Explanation, rows: Sequence[Importance]) -> Markup:
    most = max(float(one.loss.mean()) for one in found.columns)
    header = ("column", "loss rises by", "±", f"{found.metric} gets worse by", "±")
    lines = [
        (
            one.name,
            _bar(max(0.0, float(one.loss.mean())), most, number(float(one.loss.mean()))),
            number(float(one.loss.std())),
            number(float(one.metric.mean())),
            number(float(one.metric.std())),
        )
        for one in rows
    ]
    return table(header, lines, right=(1, 2, 3, 4))


def _bar(value: float, most: float, text: str = "") -> Markup:
    share = min(100.0, 100 * abs(value) / most) if most > 0 else 0.0
    return element("td", text or number(value), class_="number share", style=f"--share: {share:.1f}%")


def _steps(steps: Sequence[Importance], where: str) -> Markup:
    """The importance of steps as bars in the order of time."""
    heights = [float(one.loss.mean()) for one in steps]
    titles = [f"step {one.name}: {number(height)}" for one, height in zip(steps, heights, strict=True)]
    edges = [float(index) for index in range(len(steps) + 1)]
    shown = range(0, len(steps), max(1, len(steps) // 4))
    x = Axis(0.0, float(len(steps)), tuple((index + 0.5, steps[index].name) for index in shown))
    chart = Chart(x, linear_axis([0.0, *heights]), "importance by step", x_title="steps")
    chart.bars(edges, heights, titles, "network")
    return figure(f"Rise of the loss if steps are shuffled among rows of the {where}", chart.drawn())


def _dependences(found: Explanation, signature: Signature) -> Iterator[Markup]:
    """A chart or a table for each column; all charts have the same axis, so that small effects look small."""
    shown = [one.predictions[:, _answers(signature, one)].ravel() for one in found.dependences]
    y = linear_axis(np.concatenate(shown).tolist()) if shown else linear_axis([])
    for one in found.dependences:
        yield _curve(one, signature, y) if one.values.dtype.kind in "fM" else _values(one, signature, y)


def _answers(signature: Signature, one: Dependence) -> list[int]:
    """Which answers are drawn: of two classes the second, of more those that vary most."""
    if signature.classes and len(signature.classes) == 2:
        return [1]
    spread = np.ptp(one.predictions, axis=0)
    return sorted(np.argsort(-spread, kind="stable")[:CURVES].tolist())


def _curve(one: Dependence, signature: Signature, y: Axis) -> Markup:
    answers, names = _answers(signature, one), answer_names(signature)
    dates = one.values.dtype.kind == "M"
    values = one.values.astype(np.int64).astype(np.float64) if dates else one.values
    x = _dates(one.values) if dates else linear_axis(values.tolist(), low=values[0], high=values[-1])
    chart = Chart(x, y, f"mean prediction by {one.column}", x_title=one.column)
    for answer, style in zip(answers, STYLES, strict=False):
        points = zip(values.tolist(), one.predictions[:, answer].tolist(), strict=True)
        chart.line(points, style)
    key = [(style, names[answer]) for answer, style in zip(answers, STYLES, strict=False)]
    return figure(one.column, chart.drawn(), key=key)


def _dates(values: np.ndarray) -> Axis:
    """An axis of seconds with three dates."""
    seconds = values.astype(np.int64).astype(float).tolist()
    ends = {0, len(values) // 2, len(values) - 1}
    marks = tuple((seconds[index], str(values[index].astype("datetime64[D]"))) for index in sorted(ends))
    return Axis(seconds[0], seconds[-1], marks)


def _values(one: Dependence, signature: Signature, y: Axis) -> Markup:
    answers, names = _answers(signature, one), answer_names(signature)
    rows = [
        (_said(value), *(_bar(float(line[answer]), y.high) for answer in answers))
        for value, line in zip(one.values.tolist(), one.predictions, strict=True)
    ]
    header = (one.column, *(names[answer] for answer in answers))
    return element("figure", table(header, rows, right=range(1, len(header))))


def _said(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _words(words: Sequence[Word], signature: Signature) -> Markup:
    unit = "in the units of the target" if signature.task == "numbers" else "in log-odds"
    told = f"What a prediction loses on average, {unit}, if a word is left out of the texts that have it."
    most = max(abs(word.effect) for word in words)
    rows = [
        (word.word, answer_names(signature)[word.answer], _bar(word.effect, most), short(word.texts)) for word in words
    ]
    header = ("word", "prediction", "effect", "texts")
    return element("div", element("h3", "Words"), element("p", told), table(header, rows, right=(2, 3)))
