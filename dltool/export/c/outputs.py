"""What `predict` gives: probabilities, or numbers in the units of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.data.scaling.series_scale import SeriesScale
from dltool.errors import InputError
from dltool.export.c.ops.activation import SIGMOID
from dltool.export.c.ops.softmax import SOFTMAX
from dltool.export.c.source import Operand, Source
from dltool.export.expected import PREDICTION, PROBABILITIES, RECONSTRUCTION
from dltool.export.network import TrainedNetwork
from dltool.export.opening import Trained

_COPY = """
static void copy(float *y, const float *x, int n)
{
    for (int i = 0; i < n; i++)
        y[i] = x[i];
}
"""
_BOTH = """
static void both(float *y, const float *x)
{
    y[1] = x[0];
    y[0] = 1.0f - y[1];
}
"""
_UNSCALED = """
static void unscaled(float *y, const float *x, const double *offset, const double *factor, int n, int quantiles,
                     int scales)
{
    for (int i = 0; i < n; i++)
        for (int q = 0; q < quantiles; q++) {
            const int scale = scales > 1 ? i : 0;
            const float number = (float)(x[q * n + i] / factor[scale] + offset[scale]);
            int place = q;
            for (; place > 0 && y[i * quantiles + place - 1] > number; place--)
                y[i * quantiles + place] = y[i * quantiles + place - 1];
            y[i * quantiles + place] = number;
        }
}
"""


@dataclass(frozen=True)
class Outputs:
    """The numbers that a prediction consists of."""

    trained: Trained
    network: TrainedNetwork

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one prediction; the last axis is the fastest."""
        signature, quantiles = self.trained.signature, self.network.network.quantiles
        if signature.task == "numbers":
            return (len(signature.targets), len(quantiles)) if quantiles else (len(signature.targets),)
        return (len(signature.classes),) if self._of_two else self.network.output.shape  # type: ignore[arg-type]

    @property
    def name(self) -> str:
        """What the numbers are."""
        return {"numbers": PREDICTION, "inputs": RECONSTRUCTION}.get(self.trained.signature.task, PROBABILITIES)

    @property
    def names(self) -> list[str]:
        """Of the numbers along the last axis, as far as they have names."""
        signature, quantiles = self.trained.signature, self.network.network.quantiles
        if signature.task == "numbers" and quantiles:
            return [f"{target}, quantile {quantile:g}" for target in signature.targets for quantile in quantiles]
        return [*(signature.classes or (() if signature.task == "inputs" else signature.targets))]

    def add(self, source: Source, scores: Operand) -> None:
        """Add the calls that write `out`; raises InputError where numbers are scaled by series."""
        signature = self.trained.signature
        if signature.task == "numbers":
            self._add_numbers(source, scores)
            return
        match self.network.output_activation:
            case "softmax":
                source.call(SOFTMAX, "softmax", "out", scores, scores.rows, scores.channels)
            case "sigmoid" if self._of_two:
                chance = source.made(SIGMOID, "sigmoid", 1, scores, 1)
                source.call(_BOTH, "both", "out", chance)
            case "sigmoid":
                source.call(SIGMOID, "sigmoid", "out", scores, scores.size)
            case _:
                if self._of_two:
                    source.call(_BOTH, "both", "out", scores)
                else:
                    source.call(_COPY, "copy", "out", scores, scores.size)

    @property
    def _of_two(self) -> bool:
        """Whether one number stands for both classes."""
        return bool(self.trained.signature.classes) and self.network.output.spec.size == 1

    def _add_numbers(self, source: Source, scores: Operand) -> None:
        scale, quantiles = self.trained.signature.target_scale, self.network.network.quantiles
        if isinstance(scale, SeriesScale):
            what = "each series has a scale of its own (scaling: per_series), which a C file has no input for"
            raise InputError(f"{what}; export to .onnx")
        offset, factor = (np.zeros(()), np.ones(())) if scale is None else (scale.offset, scale.factor)
        arrays = [np.array(each, np.float64) for each in np.broadcast_arrays(np.atleast_1d(offset), factor)]
        targets = len(self.trained.signature.targets)
        source.call(_UNSCALED, "unscaled", "out", scores, *arrays, targets, max(1, len(quantiles)), arrays[0].size)
