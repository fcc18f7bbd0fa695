"""Charts of forecasts: past, truth and prediction, with quantiles as a band."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dltool.report.axes import linear_axis
from dltool.report.charts import Chart, Point, figure
from dltool.report.content import Content
from dltool.report.markup import Markup, element
from dltool.training.forecast_examples import ForecastExample

#: columns that are drawn of each forecast, and how much of the past, in horizons
COLUMNS, PAST = 3, 4


def forecasts(content: Content) -> Markup | None:
    """The section of a network that predicts several steps of time series."""
    forecast, measured = content.signature.forecast, content.measured
    if measured is None or forecast is None or not measured.forecasts:
        return None
    drawn = [
        figure
        for example in measured.forecasts
        for figure in _figures(example, forecast.columns, content.experiment.loss.outputs(1) > 1)
    ]
    about = f"Evenly spaced windows of the {measured.part} part; step 0 is the last one that the network was shown."
    return element(
        "section",
        element("h2", "Forecasts"),
        element("p", about),
        element("div", drawn, class_="figures pairs"),
        id="forecasts",
    )


def _figures(example: ForecastExample, columns: tuple[str, ...], several: bool) -> Iterator[Markup]:
    steps = len(example.truth)
    past = example.past[-PAST * steps :]
    for index, name in enumerate(columns[:COLUMNS]):
        before, truth, forecast = past[:, index], example.truth[:, index], example.forecast[:, index]
        x = linear_axis([], low=1.0 - len(before), high=float(steps))
        y = linear_axis([float(value) for values in (before, truth, forecast) for value in np.ravel(values)])
        title = f"{name} of {example.series}" if example.series else name
        chart = Chart(x, y, f"past, truth and forecast of {title}", x_title="steps")
        last = before[-1:]
        if several:
            low, high = (_after(last, forecast[:, end]) for end in (0, -1))
            chart.band(low, high, "network")
        chart.line(list(zip(range(1 - len(before), 1), before.tolist(), strict=True)), "past")
        chart.line(_after(last, truth), "validation")
        chart.line(_after(last, forecast[:, example.middle]), "network")
        chart.upright(0.0, "")
        key = [("past", "past"), ("validation", "truth"), ("network", "forecast")]
        yield figure(title, chart.drawn(), key=key)


def _after(last: np.ndarray, values: np.ndarray) -> list[Point]:
    """Points of steps that begin at the last known value."""
    return [(float(step), float(value)) for step, value in enumerate([*last, *values])]
