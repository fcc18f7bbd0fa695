"""Learning curves: every metric after each epoch, the loss within epochs, and the learning rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dltool.formatting import metric_title, number
from dltool.report.axes import Axis, counting_axis, fitting_axis, linear_axis
from dltool.report.charts import Chart, Point, figure
from dltool.report.content import Content
from dltool.report.history import History
from dltool.report.markup import Markup, element

#: epochs up to which each has a dot, and points of the curve within epochs
DOTS, WITHIN = 60, 240
#: relative spread of early values above which the axis covers only later ones
EARLY = 5.0
#: number of epochs from which the first ones may be outside the axis
MANY = 10


def curves(content: Content) -> Markup | None:
    """A chart for each metric; None if no step was logged."""
    history = content.history
    if not history.steps and not history.epochs:
        return None
    last = history.last_step / (history.updates or history.last_step or 1)
    time = counting_axis(len(history.epochs) or last)
    names = history.metrics or ("loss",)
    drawn = [_curve(content, name, time) for name in names]
    return element(
        "section",
        element("h2", "Learning curves"),
        element("div", drawn, _learning_rate(history, time), class_="figures"),
        id="curves",
    )


def _curve(content: Content, name: str, time: Axis) -> Markup:
    history = content.history
    series = {part: _series(history, part, name) for part in history.parts(name)}
    steps = _within(history) if name == "loss" else []
    if series:
        axis = _axis([[y for _, y in points] for points in series.values()])
    else:
        axis = fitting_axis([y for _, y in steps])
    changes = ", ".join(f"{part} from {number(of[0][1])} to {number(of[-1][1])}" for part, of in series.items())
    chart = Chart(time, axis, f"{name} after each epoch: {changes}", x_title="epoch" if history.epochs else "progress")
    if steps:
        chart.line(steps, "steps")
    for part, points in series.items():
        chart.line(points, part)
        if len(points) <= DOTS:
            chart.dots(points, (f"epoch {x:.0f}: {part} {name} {number(y)}" for x, y in points), part, radius=2)
    if content.best and history.epochs:
        chart.upright(content.best.epoch, f"best: epoch {content.best.epoch}")
        watched = content.best.monitor == f"validation.{name}" or content.best.monitor == f"train.{name}"
        points = [point for part in series for point in series[part] if point[0] == content.best.epoch]
        if watched and points:
            chart.dots(points[-1:], [f"best: {content.best.monitor} {number(content.best.value)}"], "best", radius=4.5)
    key = [(part, part) for part in series]
    return figure(
        metric_title(name, content.positive_class), chart.drawn(), key=[*key, ("steps", "steps")] if steps else key
    )


def _learning_rate(history: History, time: Axis) -> Markup | None:
    updates = history.updates or history.last_step or 1
    points = [(line["step"] / updates, line["lr"]) for line in history.steps]
    rates = {rate for _, rate in points}
    if len(rates) < 2:
        return element("p", f"The learning rate was {rates.pop():.4g} throughout.") if rates else None
    about = f"learning rate from {points[0][1]:.3g} to {points[-1][1]:.3g}"
    chart = Chart(time, linear_axis(rates, low=0.0), about, x_title="epoch")
    chart.line(points, "rate")
    return figure("learning rate", chart.drawn())


def _series(history: History, part: str, name: str) -> list[Point]:
    """One point for each epoch in which the metric was defined."""
    found: Iterable[tuple[int, Mapping]] = ((line["epoch"], line.get(part, {})) for line in history.epochs)
    return [(float(epoch), results[name]) for epoch, results in found if results.get(name) is not None]


def _within(history: History) -> list[Point]:
    """The loss within epochs, averaged over groups of steps; x is in epochs."""
    updates = history.updates or history.last_step or 1
    known = [(line["step"] / updates, line["loss"]) for line in history.steps if line["loss"] is not None]
    groups = np.array_split(np.array(known), min(WITHIN, len(known))) if known else []
    return [tuple(group.mean(axis=0)) for group in groups]


def _axis(series: Sequence[Sequence[float]]) -> Axis:
    """For all values; but where the first epochs are far off, for those that follow."""
    everything = [value for values in series for value in values]
    axis = fitting_axis(everything)
    later = [value for values in series for value in values[max(1, len(values) // 10) :]]
    if axis.logarithmic or max(map(len, series)) < MANY:
        return axis
    spread = max(later) - min(later)
    return linear_axis(later) if max(everything) - min(everything) > EARLY * spread > 0 else axis
