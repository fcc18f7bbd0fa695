"""Mean loss and metrics of a part, accumulated over calls of the engine.

The length of a call depends on the clock, and floating-point sums depend on how they are split; so losses are added one
at a time, as in the metrics. Results are then the same however a run was split or interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.data.samples.signature import Signature
from dltool.errors import InputError
from dltool.metrics.metric import Accumulator, Answers, Metric, by_name
from dltool.metrics.threshold import best_threshold, deciding
from dltool.training.checkpoint import section

#: rows whose predictions are computed at a time
BLOCK = 8192

#: from outputs (rows, k) to predictions (rows, k), or (rows, targets, quantiles)
ArrayFunction = Callable[[np.ndarray], np.ndarray]
#: from scaled numbers of samples, and their targets as they are prepared, to the units of the data
Units = Callable[[np.ndarray, np.ndarray], np.ndarray]


def answers_of(signature: Signature, quantiles: tuple[float, ...] = ()) -> Answers:
    """The description of what is predicted; of numbers perhaps these quantiles."""
    names = signature.classes or signature.targets
    shares = tuple(signature.class_shares.values())
    return Answers(signature.task, names, shares, quantiles, signature.forecast, signature.threshold)


class Meter:
    """Accumulates losses, outputs and targets, chunk by chunk.

    `own_units` converts scaled numbers back to the units of the data. Where a metric has `threshold: best` and
    `answers` have no threshold, it is tuned to these rows.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        *,
        answers: Answers,
        output_activation: ArrayFunction,
        own_units: Units = lambda numbers, targets: numbers,
    ):
        self._accumulators = {name: metric.start(answers) for name, metric in by_name(metrics).items()}
        self._activate, self._own_units, self._answers = output_activation, own_units, answers
        self._tuned = deciding(metrics) if answers.threshold is None else None
        # where a threshold is to be tuned, rows are counted once it is known
        self._scores, self._targets = np.empty(0, np.float32), np.empty(0, np.int64)
        self._loss = np.float64(0.0)
        self._weight = np.float64(0.0)
        self.undefined: list[str] = []  # reasons for undefined results

    @property
    def wants_outputs(self) -> bool:
        """Whether any metric needs outputs."""
        return bool(self._accumulators)

    @property
    def weighs(self) -> bool:
        """Whether the rows so far have any weight, so that the mean loss is defined."""
        return bool(self._weight)

    def add_losses(self, sums: np.ndarray, weights: np.ndarray) -> None:
        """Add sums of losses (n,) and the total weights (n,) of their samples."""
        self._loss = running_sum(self._loss, sums)
        self._weight = running_sum(self._weight, weights)

    def add_outputs(self, outputs: np.ndarray, targets: np.ndarray) -> None:
        """Add raw outputs (n, k) and the targets of the same samples."""
        for start in range(0, len(outputs), BLOCK):
            block = targets[start : start + BLOCK]
            predictions = self._own_units(self._activate(outputs[start : start + BLOCK]), block)
            known, series = self._answers.split(block)
            known = self._own_units(known, block)
            if self._tuned:
                self._scores = np.concatenate([self._scores, predictions[:, -1].astype(np.float32)])
                self._targets = np.concatenate([self._targets, known.reshape(-1).astype(np.int64)])
                continue
            for accumulator in self._accumulators.values():
                accumulator.update(predictions, known, series)

    def result(self) -> dict[str, Any]:
        """The weighted mean loss and every metric over all samples; NaN if undefined."""
        results: dict[str, Any] = {"loss": float(self._loss / self._weight) if self.weighs else float("nan")}
        if not self.weighs:
            self.undefined.append("the loss is undefined: all rows belong to classes of weight 0")
        for name, accumulator in self._decided().items():
            try:
                results[name] = accumulator.result()
            except InputError as error:
                results[name] = float("nan")
                self.undefined.append(str(error))
        return results

    @property
    def threshold(self) -> float | None:
        """The threshold of the decision between two classes: the one given, or the best for these rows."""
        if self._tuned and len(self._scores):
            return best_threshold(self._tuned, self._answers, self._scores, self._targets == 1)
        return self._answers.threshold

    def _decided(self) -> dict[str, Accumulator]:
        """The metrics over all rows, with the threshold tuned to them."""
        if not self._tuned:
            return self._accumulators
        answers = replace(self._answers, threshold=self.threshold)
        accumulators = {name: one.metric.start(answers) for name, one in self._accumulators.items()}
        for accumulator in accumulators.values():
            accumulator.update(self._scores[:, None], self._targets)
        return accumulators

    def state(self) -> dict[str, np.ndarray]:
        """The state to save in a checkpoint."""
        arrays = {"loss": np.asarray(self._loss), "weight": np.asarray(self._weight)}
        for name, accumulator in self._accumulators.items():
            arrays |= {f"{name}/{key}": np.asarray(array) for key, array in accumulator.state.items()}
        if self._tuned:
            arrays |= {"tuned/scores": self._scores, "tuned/targets": self._targets}
        return arrays

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Continue from a saved state."""
        self._loss = np.float64(arrays["loss"])
        self._weight = np.float64(arrays["weight"])
        for name, accumulator in self._accumulators.items():
            accumulator.state = section(arrays, f"{name}/")
        if self._tuned:
            self._scores, self._targets = arrays["tuned/scores"], arrays["tuned/targets"]


def running_sum(total: np.float64, numbers: np.ndarray) -> np.float64:
    """total + numbers, added one at a time so that rounding does not depend on how they are split."""
    return np.cumsum(np.concatenate([[total], numbers], dtype=np.float64))[-1]
