"""Calibration: observed frequencies against forecast probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dltool.formatting import number
from dltool.report.axes import linear_axis
from dltool.report.charts import Chart, figure
from dltool.report.markup import Markup, joined

_UNIT = linear_axis([], low=0.0, high=1.0)


def calibration(found: Mapping[str, Any]) -> Markup:
    """The reliability diagram for the calibration in `dltool eval --json`, above a histogram of the forecasts."""
    name = f"forecast {found['forecast']}"
    error, brier = number(found["expected_calibration_error"]), number(found["brier"])
    note = (
        "Observed frequency by forecast probability; on the diagonal, probabilities are calibrated. "
        f"Expected calibration error {error}, Brier score {brier}."
    )
    drawing = joined(_reliability(found["bins"], name).drawn(), _counts(found["bins"], name).drawn())
    return figure("calibration", drawing, note=note)


def _reliability(bins: list[dict[str, Any]], name: str) -> Chart:
    """The reliability diagram; larger dots have more answers."""
    chart = Chart(_UNIT, _UNIT, "what came true for each forecast probability", x_title=name, height=300)
    chart.line([(0.0, 0.0), (1.0, 1.0)], "ideal")
    known = [one for one in bins if one["rows"]]
    chart.line([(one["forecast"], one["true"]) for one in known], "network")
    total = sum(one["rows"] for one in known)
    for one in known:
        title = f"forecast {one['forecast']:.3f}, came true {one['true']:.3f}, {one['rows']:,} answers"
        chart.dots([(one["forecast"], one["true"])], [title], "network", radius=3 + 7 * (one["rows"] / total) ** 0.5)
    return chart


def _counts(bins: list[dict[str, Any]], name: str) -> Chart:
    counts = [one["rows"] for one in bins]
    about = "how often each probability was forecast"
    chart = Chart(_UNIT, linear_axis(counts, low=0.0), about, x_title=name, height=170)
    titles = [f"{one['low']:.1f} to {one['high']:.1f}: {one['rows']:,} answers" for one in bins]
    chart.bars([*(one["low"] for one in bins), bins[-1]["high"]], counts, titles, "network")
    return chart
