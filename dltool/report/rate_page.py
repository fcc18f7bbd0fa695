"""The picture of a learning rate range test, as an HTML page."""

from __future__ import annotations

from dltool.report.axes import fitting_axis, logarithmic_axis
from dltool.report.charts import Chart, figure
from dltool.report.document import document
from dltool.report.markup import element
from dltool.training.rate_test import RateTest


def rate_page(name: str, test: RateTest, current: float) -> str:
    """Loss by learning rate: each step, the smoothed curve, and the suggestion."""
    smoothed = test.smoothed
    shown = smoothed.max() * 1.2  # single losses may be far above
    points = [
        (rate, loss) for rate, loss in zip(test.rates.tolist(), test.losses.tolist(), strict=True) if loss <= shown
    ]
    axis = fitting_axis([*smoothed.tolist(), *(loss for _, loss in points)])
    chart = Chart(logarithmic_axis(test.rates.tolist()), axis, "loss by learning rate", x_title="learning rate")
    chart.line(points, "steps")
    chart.line(zip(test.rates.tolist(), smoothed.tolist(), strict=True), "train")
    if test.suggestion:
        chart.upright(test.suggestion, f"{test.suggestion:g}")
    told = f"suggested: {test.suggestion:g}" if test.suggestion else "the loss does not fall"
    drawn = figure(
        "loss", chart.drawn(), key=[("train", "smoothed"), ("steps", "steps")], note=f"{told}; now: {current:g}"
    )
    title = f"{name}: learning rates"
    header = element("header", element("h1", title))
    return document(title, header, element("section", drawn), made_from=f"{len(test.rates)} steps")
