"""How numbers are distributed."""

from __future__ import annotations

import numpy as np

from dltool.report.axes import Axis, linear_axis
from dltool.report.charts import HEIGHT, Chart
from dltool.report.formats import short

BARS = 41


def histogram(
    values: np.ndarray, about: str, *, x: Axis | None = None, x_title: str, style: str, height: int = HEIGHT
) -> Chart:
    """A chart of values (n,); values beyond the axis `x` go into the outermost bars."""
    limits = None if x is None else (x.low, x.high)
    counts, edges = np.histogram(values if limits is None else values.clip(*limits), bins=BARS, range=limits)
    y = linear_axis([0.0, float(counts.max())], low=0.0)
    chart = Chart(x or linear_axis(edges.tolist()), y, about, x_title=x_title, height=height)
    ends = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    titles = [f"{short(low)} to {short(high)}: {count:,} rows" for low, high, count in ends]
    chart.bars(edges.tolist(), counts.tolist(), titles, style)
    return chart
