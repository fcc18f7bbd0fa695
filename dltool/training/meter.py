"""Mean loss and metrics of a part, as they add up from call to call of the engine.

Calls are as long as the clock says, and floating-point sums depend on where they are cut; so losses are added one
after the other, as metrics do with theirs. Figures are then the same however a run was cut or interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dltool.data.samples.signature import Signature
from dltool.errors import InputError
from dltool.metrics.metric import Answers, Metric, by_name
from dltool.training.checkpoint import section

#: Rows whose predictions are made at a time.
BLOCK = 8192

#: from one array (rows, k) to another of the same shape
ArrayFunction = Callable[[np.ndarray], np.ndarray]


def answers_of(signature: Signature) -> Answers:
    """What is predicted of prepared data."""
    names = signature.classes or signature.targets
    return Answers(signature.task, names, tuple(signature.class_shares.values()))


class Meter:
    """Gathers losses, outputs and targets of rows, piece by piece.

    `own_units` takes numbers to predict back to these.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        *,
        answers: Answers,
        output_activation: ArrayFunction,
        own_units: ArrayFunction = lambda numbers: numbers,
    ):
        self._accumulators = {name: metric.start(answers) for name, metric in by_name(metrics).items()}
        self._activate, self._own_units = output_activation, own_units
        self._loss = np.float64(0.0)
        self._weight = np.float64(0.0)
        self.undefined: list[str] = []  # why metrics have no result

    @property
    def wants_outputs(self) -> bool:
        """Whether there is any metric to feed."""
        return bool(self._accumulators)

    @property
    def weighs(self) -> bool:
        """Whether rows with any weight were taken, so that there is a mean loss."""
        return bool(self._weight)

    def add_losses(self, sums: np.ndarray, weights: np.ndarray) -> None:
        """Take sums (n,) of the losses of some samples each, and what these weigh (n,): by default their number."""
        self._loss = running_sum(self._loss, sums)
        self._weight = running_sum(self._weight, weights)

    def add_outputs(self, outputs: np.ndarray, targets: np.ndarray) -> None:
        """Take raw outputs (n, k) and the targets of the same samples."""
        for start in range(0, len(outputs), BLOCK):
            predictions = self._own_units(self._activate(outputs[start : start + BLOCK]))
            known = self._own_units(targets[start : start + BLOCK])
            for accumulator in self._accumulators.values():
                accumulator.update(predictions, known)

    def result(self) -> dict[str, Any]:
        """The weighted mean of the losses and every metric over all samples; NaN where one is not defined for them."""
        figures: dict[str, Any] = {"loss": float(self._loss / self._weight) if self.weighs else float("nan")}
        if not self.weighs:
            self.undefined.append("the loss is not defined: all rows are of classes without weight")
        for name, accumulator in self._accumulators.items():
            try:
                figures[name] = accumulator.result()
            except InputError as error:
                figures[name] = float("nan")
                self.undefined.append(str(error))
        return figures

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint must keep to go on gathering."""
        arrays = {"loss": np.asarray(self._loss), "weight": np.asarray(self._weight)}
        for name, accumulator in self._accumulators.items():
            arrays |= {f"{name}/{key}": np.asarray(array) for key, array in accumulator.state.items()}
        return arrays

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on where the meter that gave `arrays` as its state was."""
        self._loss = np.float64(arrays["loss"])
        self._weight = np.float64(arrays["weight"])
        for name, accumulator in self._accumulators.items():
            accumulator.state = section(arrays, f"{name}/")


def running_sum(total: np.float64, numbers: np.ndarray) -> np.float64:
    """total + all numbers, one after the other, so that rounding does not depend on how they are cut."""
    return np.cumsum(np.concatenate([[total], numbers], dtype=np.float64))[-1]
