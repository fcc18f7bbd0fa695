"""Predicted against true numbers, and the distribution of errors, for each target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dltool.formatting import number
from dltool.report.axes import linear_axis
from dltool.report.charts import Chart, figure
from dltool.report.content import Content
from dltool.report.formats import short
from dltool.report.histogram import histogram
from dltool.report.markup import Markup, element, table
from dltool.report.measuring import Measured

#: targets that are drawn, dots of a chart, and how high it is
DRAWN, DOTS, HEIGHT = 6, 1500, 330
#: share of the errors at each end that the outermost bars take together
TAIL = 0.005


def numbers(content: Content) -> Markup | None:
    """The section of a network that predicts numbers."""
    if content.measured is None or "per_target" not in content.measured.results:
        return None
    measured = content.measured
    reports = measured.results["per_target"]
    names = ("mae", "rmse", "r2")
    rows = [(report["target"], *(number(report[name]) for name in names)) for report in reports]
    return element(
        "section",
        element("h2", "Predicted and true"),
        table(("target, in its own units", *names), rows, right=(1, 2, 3)),
        element("div", list(_figures(content.signature.targets, measured)), class_="figures pairs"),
        id="numbers",
    )


def _figures(targets: tuple[str, ...], measured: Measured) -> Iterator[Markup]:
    for index, name in enumerate(targets[:DRAWN]):
        predicted, true = measured.predictions[:, index], measured.targets[:, index]
        yield _against(name, predicted, true)
        yield _errors(name, predicted - true)


def _against(name: str, predicted: np.ndarray, true: np.ndarray) -> Markup:
    step = -(-len(true) // DOTS)
    axis = linear_axis([float(end) for values in (predicted, true) for end in (values.min(), values.max())])
    chart = Chart(axis, axis, f"predicted against true {name}", x_title=f"true {name}", height=HEIGHT)
    chart.line([(axis.low, axis.low), (axis.high, axis.high)], "ideal")
    dots = list(zip(true[::step].tolist(), predicted[::step].tolist(), strict=True))
    chart.cloud(dots, "network")
    note = f"{len(dots):,} rows; on the diagonal, they are equal."
    return figure(f"{name}: predicted against true", chart.drawn(), note=note)


def _errors(name: str, errors: np.ndarray) -> Markup:
    low, high = np.quantile(errors, [TAIL, 1 - TAIL])
    reach = float(max(abs(low), abs(high))) or 1.0
    axis = linear_axis([], low=-reach, high=reach)
    about = f"distribution of the errors of {name}"
    chart = histogram(errors, about, x=axis, x_title="predicted − true", style="network", height=HEIGHT)
    chart.upright(0.0, "")
    mean, deviation = short(float(errors.mean())), short(float(errors.std()))
    note = f"Mean {mean}, standard deviation {deviation}; the outermost bars hold all errors beyond."
    return figure(f"{name}: errors", chart.drawn(), note=note)
