"""The page of a comparison: curves of several runs over each other, their metrics, and what differs between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dltool.formatting import number
from dltool.report.axes import Axis, counting_axis, fitting_axis
from dltool.report.charts import Chart, Point, figure
from dltool.report.document import document
from dltool.report.markup import Content, Markup, element, table

#: colors of `page.css`; further runs have the same ones, dashed
COLORS = 8


@dataclass(frozen=True)
class ComparedRun:
    """What the page says about a run."""

    name: str
    state: str
    epochs: Sequence[Mapping[str, Any]]  # one record for each, with the metrics of each part
    metrics: Mapping[str, float | None]  # of the best epoch, such as validation.accuracy
    values: Mapping[str, str]  # of the keys that differ


@dataclass(frozen=True)
class Comparison:
    """What the page is about."""

    runs: Sequence[ComparedRun]
    metrics: Sequence[str]  # such as validation.accuracy
    best: Mapping[str, Sequence[int]]  # by metric: the places of the best runs
    keys: Sequence[str]  # that differ between the configs


def comparison_page(comparison: Comparison) -> str:
    """The page, as HTML."""
    names = [run.name for run in comparison.runs]
    title = " · ".join(islice(names, 4)) + (" …" if len(names) > 4 else "")
    return document(
        f"{len(names)} runs",
        element("header", element("h1", f"{len(names)} runs"), element("p", title, class_="facts")),
        element("main", _curves(comparison), _metrics(comparison), _differences(comparison)),
        made_from=", ".join(names),
    )


def style(place: int) -> str:
    """The style of the lines of one run."""
    return f"run-{place % COLORS}" + (" dashed" if place >= COLORS else "")


def _curves(comparison: Comparison) -> Markup | None:
    """A chart for each metric that was measured after epochs."""
    epochs = max((len(run.epochs) for run in comparison.runs), default=0)
    if not epochs:
        return None
    time = counting_axis(epochs)
    drawn = [chart for name in comparison.metrics if (chart := _curve(comparison, name, time))]
    key = [element("span", run.name, class_=f"key {style(place)}") for place, run in enumerate(comparison.runs)]
    return element(
        "section",
        element("h2", "Curves"),
        element("p", key),
        element("div", drawn, class_="figures"),
        id="curves",
    )


def _curve(comparison: Comparison, name: str, time: Axis) -> Markup | None:
    part, _, metric = name.partition(".")
    series = [_series(run, part, metric) for run in comparison.runs]
    if not any(series):
        return None
    axis = fitting_axis(value for points in series for _, value in points)
    ends = ", ".join(f"{run.name} {number(of[-1][1])}" for run, of in zip(comparison.runs, series, strict=True) if of)
    chart = Chart(time, axis, f"{name} after each epoch, in the end: {ends}", x_title="epoch")
    for place, (run, points) in enumerate(zip(comparison.runs, series, strict=True)):
        chart.line(points, style(place))
        titles = [f"{run.name}, epoch {epoch:.0f}: {name} {number(value)}" for epoch, value in points]
        chart.dots(points, titles, f"{style(place)} small", radius=2)
    return figure(name, chart.drawn())


def _series(run: ComparedRun, part: str, metric: str) -> list[Point]:
    found = ((line["epoch"], line.get(part, {}).get(metric)) for line in run.epochs)
    return [(float(epoch), value) for epoch, value in found if value is not None]


def _metrics(comparison: Comparison) -> Markup:
    """The metrics of the best epoch of each run, the best ones marked."""
    rows: list[list[Content]] = [["state", *(run.state for run in comparison.runs)]]
    for name in comparison.metrics:
        best = comparison.best.get(name, ())
        cells = [number(run.metrics.get(name)) for run in comparison.runs]
        rows.append([name, *(element("b", cell) if place in best else cell for place, cell in enumerate(cells))])
    header = ["", *(run.name for run in comparison.runs)]
    drawn = table(header, rows, right=range(1, len(header)))
    note = element("p", "Each of the best epoch; the best of a row is bold.", class_="note")
    return element("section", element("h2", "Metrics"), drawn, note, id="metrics")


def _differences(comparison: Comparison) -> Markup:
    header = ["", *(run.name for run in comparison.runs)]
    rows = [[key, *(run.values.get(key, "") for run in comparison.runs)] for key in comparison.keys]
    content = table(header, rows) if rows else element("p", "The configs are the same.")
    return element("section", element("h2", "What differs in the configs"), content, id="differences")
