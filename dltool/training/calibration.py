"""Calibration: how often events predicted with some probability actually occur."""

from __future__ import annotations

from typing import Any

import numpy as np

from dltool.data.files.quoting import shown
from dltool.metrics.metric import Answers

#: number of equally wide probability bins
BINS = 10


class Calibration:
    """Accumulates calibration over chunks of predictions.

    The forecast event is that a row belongs to the rarer of two classes, to its most probable class, or has a label.
    """

    def __init__(self, answers: Answers):
        self._kind = "binary" if answers.task == "classes" and answers.width == 2 else answers.task
        self._positive = answers.positive if self._kind == "binary" else None
        names = {"classes": "the most probable class", "multilabel": "each label"}
        name = names[self._kind] if self._positive is None else shown(answers.names[self._positive])
        self._forecast = f"probability of {name}"
        self._rows, self._forecasts, self._true = (np.zeros(BINS) for _ in range(3))
        self._squares, self._answers = 0.0, 0

    def add(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Add probabilities (n, k), and true classes (n,) or labels (n, k) of 0 and 1."""
        chances = predictions.astype(np.float64)
        if self._kind == "classes":
            forecasts, true = chances.max(axis=1), chances.argmax(axis=1) == targets
            others = np.arange(chances.shape[1]) == targets[:, None]
            self._squares += float(((chances - others) ** 2).sum())
        else:
            forecasts = (chances if self._positive is None else chances[:, self._positive]).ravel()
            true = targets.ravel() == (1 if self._positive is None else self._positive)
            self._squares += float(((forecasts - true) ** 2).sum())
        bins = np.clip((forecasts * BINS).astype(np.int64), 0, BINS - 1)
        self._rows += np.bincount(bins, minlength=BINS)
        self._forecasts += np.bincount(bins, forecasts, minlength=BINS)
        self._true += np.bincount(bins, true, minlength=BINS)
        self._answers += len(true)

    def result(self) -> dict[str, Any]:
        """Expected calibration error (Guo et al. 2017), Brier score, and forecast and observed frequency for each bin.

        The Brier score is the mean squared error of the forecasts; for more than two classes, the squared errors of all
        probabilities of a row are summed.
        """
        count = np.maximum(self._rows, 1)
        forecast, true = self._forecasts / count, self._true / count
        return {
            "forecast": self._forecast,
            "expected_calibration_error": float((self._rows * abs(forecast - true)).sum() / max(1, self._answers)),
            "brier": self._squares / max(1, self._answers),
            "bins": [
                {
                    "low": index / BINS,
                    "high": (index + 1) / BINS,
                    "rows": int(self._rows[index]),
                    "forecast": float(forecast[index]) if self._rows[index] else None,
                    "true": float(true[index]) if self._rows[index] else None,
                }
                for index in range(BINS)
            ],
        }
