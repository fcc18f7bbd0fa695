"""How well classes or labels are told apart: matrix, table, and whether probabilities can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dltool.figures import number
from dltool.report.axes import linear_axis
from dltool.report.charts import Chart, figure
from dltool.report.content import Content
from dltool.report.formats import share
from dltool.report.markup import Markup, element, joined, table
from dltool.report.matrix import NUMBERED, confusion_matrix, confusions

#: rows of a table that are shown at once; of more, those with the lowest f1
SHOWN = 15

Report = Mapping[str, Any]


def classes(content: Content) -> Markup | None:
    """The section of a classifier."""
    if content.measured is None or "classes" not in content.measured.figures:
        return None
    figures = content.measured.figures
    names, matrix = figures["classes"], figures["confusion_matrix"]
    listed = confusions(names, matrix) if len(names) > NUMBERED or len(names) > 2 else None
    return element(
        "section",
        element("h2", "Classes"),
        element("div", confusion_matrix(names, matrix), _reliability(figures), class_="figures wide"),
        listed,
        _per_name("Every class", "class", figures["per_class"]),
        id="classes",
    )


def labels(content: Content) -> Markup | None:
    """The section of a network that sets labels."""
    if content.measured is None or "per_label" not in content.measured.figures:
        return None
    figures = content.measured.figures
    return element(
        "section",
        element("h2", "Labels"),
        _per_name("Every label", "label", figures["per_label"]),
        element("div", _reliability(figures), class_="figures wide"),
        id="labels",
    )


def _per_name(title: str, what: str, reports: Sequence[Report]) -> Markup:
    """Precision, recall and f1 as numbers and bars; of many classes the worst first."""
    heading = element("h3", title)
    if len(reports) <= SHOWN:
        return element("div", heading, _table(what, reports))
    worst = sorted(reports, key=lambda report: report["f1"])[:SHOWN]
    everything = element("details", element("summary", f"all {len(reports)}"), _table(what, reports))
    return element("div", element("h3", f"{title}: the {SHOWN} with the lowest f1"), _table(what, worst), everything)


def _table(what: str, reports: Sequence[Report]) -> Markup:
    rows = [
        (report[what], *(_bar(report[name]) for name in ("precision", "recall", "f1")), f"{report['support']:,}")
        for report in reports
    ]
    return table((what, "precision", "recall", "f1", "rows"), rows, right=(1, 2, 3, 4))


def _bar(value: float) -> Markup:
    return element("td", number(value), class_="number share", style=f"--share: {100 * value:.1f}%")


def _reliability(figures: Mapping[str, Any]) -> Markup | None:
    """What was forecast against what came true, and how often."""
    found = figures.get("calibration")
    bins = [one for one in found["bins"] if one["rows"]] if found else []
    if not found or not bins:
        return None
    total = sum(one["rows"] for one in bins)
    unit = linear_axis([], low=0.0, high=1.0)
    chart = Chart(unit, unit, "what came true for each forecast probability", x_title=f"forecast {found['forecast']}", height=300)
    chart.line([(0.0, 0.0), (1.0, 1.0)], "ideal")
    points = [(one["forecast"], one["true"]) for one in bins]
    chart.line(points, "network")
    titles = [f"forecast {one['forecast']:.3f}, came true {one['true']:.3f}, {one['rows']:,} answers" for one in bins]
    for point, title, one in zip(points, titles, bins, strict=True):
        chart.dots([point], [title], "network", radius=3 + 7 * (one["rows"] / total) ** 0.5)
    counts = Chart(unit, linear_axis([one["rows"] for one in bins], low=0.0), "how often each probability was forecast", x_title=f"forecast {found['forecast']}", height=170)
    edges = [bins[0]["low"], *(one["high"] for one in found["bins"])]
    edges = [found["bins"][0]["low"], *(one["high"] for one in found["bins"])]
    titles = [f"{one['low']:.1f} to {one['high']:.1f}: {one['rows']:,} answers" for one in found["bins"]]
    counts.bars(edges, [one["rows"] for one in found["bins"]], titles, "network")
    error, brier = number(found["expected_calibration_error"]), number(found["brier"])
    note = f"Share that came true by forecast probability; on the diagonal, probabilities mean what they say. Expected calibration error {error}, Brier score {brier}."
    return figure("calibration", joined(chart.drawn(), counts.drawn()), note=note)
