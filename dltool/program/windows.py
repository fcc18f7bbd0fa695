"""What layers should know of windows of time series: where the targets are among the columns, and their scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.config.experiment import Experiment
from dltool.data.samples.signature import Signature
from dltool.data.scaling.scaling import Scale
from dltool.data.scaling.series_scale import SeriesScale
from dltool.data.sources.windows import Windows
from dltool.ops.graph import Window


def shown_window(experiment: Experiment, signature: Signature) -> Window | None:
    """The window that each sample is; None for data of another kind."""
    source = experiment.data.source
    if not isinstance(source, Windows):
        return None
    past, obstacle = len(source.past), None
    targets = source.latest
    if not targets or max(targets) >= past:
        hidden = ", ".join(name for name in source.targets if name not in source.past)
        obstacle = (f"a window does not show what is to be predicted: {hidden}", "add it to `columns` of `windows`")
        targets = tuple(range(len(source.targets)))
    factor, offset = np.ones(len(targets)), np.zeros(len(targets))
    shown, predicted = signature.window_scale, signature.target_scale
    if isinstance(shown, SeriesScale) != isinstance(predicted, SeriesScale):
        obstacle = ("series by series, windows and targets are scaled differently", "leave `target_scaling` out")
    elif not isinstance(shown, SeriesScale) and not isinstance(predicted, SeriesScale):
        (before, by), (after, times) = _numbers(shown, targets), _numbers(predicted, range(len(targets)))
        factor, offset = times / by, (before - after) * times
    return Window(source.length, past, tuple(targets), factor, offset, obstacle)


def _numbers(scale: Scale | None, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The offset and the factor of some columns; those of a scale for all columns are single numbers."""
    if scale is None:
        return np.zeros(len(columns)), np.ones(len(columns))
    offset, factor = (
        one[list(columns)] if one.ndim else np.full(len(columns), one) for one in (scale.offset, scale.factor)
    )
    return offset, factor
