"""The page of a sweep: what was found, what mattered, and all trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from dltool.config.writing import dump_inline
from dltool.formatting import duration, number
from dltool.report.axes import Axis, counting_axis, fitting_axis, linear_axis, logarithmic_axis
from dltool.report.charts import Chart, Point, figure
from dltool.report.document import document
from dltool.report.formats import share, shortened
from dltool.report.markup import Markup, element, table

#: longest name of a choice on an axis
LONGEST = 14
#: share of the trials, the best ones, that axes cover: a few may lie far off
COVERED = 0.9


@dataclass(frozen=True)
class TrialContent:
    """What the page says about a trial."""

    number: int
    values: Mapping[str, Any]
    value: float  # the best of the monitored metric; NaN if there is none
    ending: str  # finished, pruned, …
    message: str  # of a failure
    complete: bool
    epochs: int
    seconds: float
    curve: Sequence[Point]  # the metric by epoch


@dataclass(frozen=True)
class SweepContent:
    """What the page is about."""

    name: str
    folder: str
    metric: str
    higher_is_better: bool
    trials: Sequence[TrialContent]  # by number
    importances: Mapping[str, float]
    choices: Mapping[str, Sequence[Any]]  # of the keys that have choices
    logarithmic: Sequence[str]  # keys drawn on a logarithmic scale
    test: Mapping[str, float | None]  # metrics of the best trial on the test part, if there is one
    command: str  # that trains the best config

    @property
    def ranked(self) -> list[TrialContent]:
        """Complete trials first, each kind from the best to the worst."""
        sign = -1 if self.higher_is_better else 1
        return sorted(self.trials, key=lambda one: (not one.complete, isnan(one.value), sign * one.value, one.number))

    @property
    def best(self) -> TrialContent | None:
        """The best complete trial."""
        first = self.ranked[:1]
        return first[0] if first and first[0].complete else None

    @property
    def keys(self) -> list[str]:
        """The keys that vary: those that mattered most first."""
        found = dict.fromkeys(key for trial in self.trials for key in trial.values)
        return sorted(found, key=lambda key: -self.importances.get(key, 0.0))


def sweep_page(content: SweepContent) -> str:
    """The page, as HTML."""
    ended = sum(trial.complete for trial in content.trials)
    seconds = sum(trial.seconds for trial in content.trials)
    facts = f"{len(content.trials)} trials, {ended} of them complete · {duration(seconds)} of training"
    return document(
        f"{content.name}: sweep",
        element("header", element("h1", f"{content.name}: sweep"), element("p", facts, class_="facts")),
        element(
            "main", _results(content), _progress(content), _importances(content), _influences(content), _trials(content)
        ),
        made_from=content.folder,
    )


def _results(content: SweepContent) -> Markup:
    best, first = content.best, content.trials[0] if content.trials else None
    if best is None:
        return element("section", element("p", "No trial is complete yet.", class_="lead"), id="results")
    text = f"Trial {best.number} is the best by {content.metric}. To train its config: "
    cards = [_card("best trial", number(best.value), f"trial {best.number}, {_values(best)}")]
    if first and first.complete and first is not best:
        cards.append(_card("as written", number(first.value), "trial 0"))
    cards += [_card(f"test {name}", number(value), "best trial") for name, value in content.test.items()]
    return element(
        "section",
        element("p", text, element("code", content.command), class_="lead"),
        element("div", cards, class_="cards"),
        id="results",
    )


def _card(title: str, value: str, note: str) -> Markup:
    return element(
        "div",
        element("h3", title),
        element("p", value, class_="figure"),
        element("p", note, class_="note"),
        class_="card",
    )


def _progress(content: SweepContent) -> Markup | None:
    """The value of every trial, the best so far, and the curves of all trials."""
    known = [trial for trial in content.trials if not isnan(trial.value)]
    if not known:
        return None
    better = max if content.higher_is_better else min
    axis, so_far, line = _value_axis(content), math.nan, []
    for trial in known:
        if trial.complete:
            so_far = trial.value if isnan(so_far) else better(so_far, trial.value)
        if not isnan(so_far):
            line += [(float(trial.number), so_far)]
    chart = Chart(counting_axis(max(1, known[-1].number)), axis, f"{content.metric} of each trial", x_title="trial")
    chart.line(line, "validation")
    _dots(chart, known, lambda trial: float(trial.number), content)
    key = [("network", "complete"), ("past", "ended early"), ("validation", "best so far")]
    return element(
        "section",
        element("h2", "Trials"),
        element("div", figure(content.metric, chart.drawn(), key=key), _curves(content, axis), class_="figures"),
        id="progress",
    )


def _curves(content: SweepContent, axis: Axis) -> Markup | None:
    epochs = max((point[0] for trial in content.trials for point in trial.curve), default=0.0)
    if epochs < 2:
        return None
    chart = Chart(counting_axis(epochs), axis, f"{content.metric} of all trials after each epoch", x_title="epoch")
    for trial in content.ranked[::-1]:
        style = "validation" if trial is content.best else "steps" if trial.complete else "past thin"
        chart.line(trial.curve, style)
    key = [("steps", "complete"), ("past", "ended early"), ("validation", "the best")]
    return figure(f"{content.metric} by epoch", chart.drawn(), key=key)


def _importances(content: SweepContent) -> Markup | None:
    if not content.importances:
        return None
    most = max(content.importances.values()) or 1.0
    bars = [
        element(
            "div",
            element("span", key),
            element("span", share(value), class_="number"),
            class_="bar own",
            style=f"--share: {100 * value / most:.1f}%",
        )
        for key, value in content.importances.items()
    ]
    note = "How well each key tells the best tenth of the trials from the others (PED-ANOVA, Watanabe 2023)."
    return element(
        "section",
        element("h2", "What mattered"),
        element("figure", bars),
        element("p", note, class_="note"),
        id="importances",
    )


def _influences(content: SweepContent) -> Markup | None:
    """A chart for each key: the value of every trial by what it drew."""
    drawn = [figure(key, _influence(content, key).drawn()) for key in content.keys]
    return (
        element("section", element("h2", "Values"), element("div", drawn, class_="figures"), id="values")
        if drawn
        else None
    )


def _influence(content: SweepContent, key: str) -> Chart:
    known = [trial for trial in content.trials if key in trial.values and not isnan(trial.value)]
    values = [trial.values[key] for trial in known]
    if key not in content.choices:
        along = logarithmic_axis if key in content.logarithmic else linear_axis
        chart = Chart(along(values or [1.0]), _value_axis(content), f"{content.metric} by {key}", x_title=key)
        _dots(chart, known, lambda trial: trial.values[key], content)
        return chart
    names = list(map(_text, content.choices[key]))
    marks = tuple((float(place), shortened(name, LONGEST)) for place, name in enumerate(names))
    chart = Chart(Axis(-0.5, len(names) - 0.5, marks), _value_axis(content), f"{content.metric} by {key}", x_title=key)
    _dots(chart, known, lambda trial: float(names.index(_text(trial.values[key]))), content)
    return chart


def _dots(chart: Chart, trials: Sequence[TrialContent], x: Any, content: SweepContent) -> None:
    for trial in trials:
        style = "best" if trial is content.best else "network" if trial.complete else "past"
        title = f"trial {trial.number}, {trial.ending}: {content.metric} {number(trial.value)}, {_values(trial)}"
        chart.dots([(x(trial), trial.value)], [title], style, radius=4.5 if style == "best" else 3)


def _value_axis(content: SweepContent) -> Axis:
    known = [trial.value for trial in content.ranked if not isnan(trial.value)]
    return fitting_axis(sorted(known, reverse=content.higher_is_better)[: math.ceil(COVERED * len(known))])


def _trials(content: SweepContent) -> Markup:
    rows = [
        (
            str(trial.number),
            number(trial.value),
            str(trial.epochs),
            duration(trial.seconds),
            trial.ending,
            *(_text(trial.values[key]) if key in trial.values else "" for key in content.keys),
        )
        for trial in content.ranked
    ]
    header = ("trial", content.metric, "epochs", "time", "ended", *content.keys)
    return element("section", element("h2", "All trials"), table(header, rows, right=(1, 2, 3)), id="trials")


def _values(trial: TrialContent) -> str:
    return ", ".join(f"{key} {_text(value)}" for key, value in trial.values.items()) or "the config as written"


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) else dump_inline(value)
