"""Evaluates a checkpoint for `dltool eval`: on a part of its data, or on other files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.experiment import Task
from dltool.data.preprocessing.features import Preparation
from dltool.data.samples.signature import Signature
from dltool.distributed.ranks import this_process
from dltool.errors import InputError
from dltool.metrics.confusion import F1
from dltool.metrics.confusion import report as class_report
from dltool.metrics.metric import Accumulator, Answers, Metric, positive_classes
from dltool.registry import registered
from dltool.runtime.device import CPU, Device
from dltool.training.baselines import Baselines, Comparison, naive_forecasts, remark
from dltool.training.calibration import Calibration
from dltool.training.checkpoint import Checkpoint
from dltool.training.continuing import relocated
from dltool.training.counters import Counters
from dltool.training.decision import stated
from dltool.training.evaluation import make_meter
from dltool.training.examples import SMALL, Example, Worst, found_again
from dltool.training.measured_rows import chosen_part, portions_of_files, portions_of_part
from dltool.training.meter import answers_of
from dltool.training.portions import Portion
from dltool.training.prediction import Predictor
from dltool.training.saving import find, load

#: metrics that are always measured, by task
DEFAULT_METRICS: Mapping[Task, tuple[str, ...]] = {
    "classes": ("accuracy", "confusion_matrix"),
    "multilabel": ("accuracy", "exact_match", "f1"),
    "numbers": ("mae", "rmse", "r2"),
    "inputs": (),
    "tokens": ("perplexity", "bits_per_character"),
}


def assess(
    target: Path,
    data: Sequence[str] = (),
    *,
    part: str | None = None,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    device: Device = CPU,
    report: Callable[[str], None],
    on_compile: Callable[[str, float | None], None] | None = None,
) -> Assessment:
    """Evaluate a checkpoint, or the best one of a run.

    The rows come from the files or folders `data`, else from a part of the training data: the test, validation or
    training part, whichever exists first. `overrides` say where that data is, if it has moved.
    """
    path = find(target)
    checkpoint = relocated(load(path, report), overrides)
    ranks = this_process()
    predictor = Predictor(checkpoint, path, threads=threads, device=device, ranks=ranks, on_compile=on_compile)
    signature, preparation = predictor.signature, predictor.preprocessing.features
    measurement, worst = Measurement(predictor, checkpoint), Worst(signature, preparation)
    chosen = None if data else chosen_part(predictor.experiment, part)
    portions = (
        portions_of_part(predictor, checkpoint, chosen, report)
        if chosen
        else portions_of_files(predictor, data, report)
    )
    for portion, places in portions:
        predictions, samples = measurement.add(portion), portion.samples
        if worst.are_mistakes:
            worst.add(portion.rows, samples, predictions, samples.targets, places)
    counters = Counters.from_arrays(checkpoint.trainer)
    found = {
        "checkpoint": str(path),
        "name": predictor.experiment.name,
        "epoch": counters.epoch,
        "step": counters.step,
        "part": chosen,
        "data": list(data),
        **measurement.result(report),
        "compile_seconds": round(predictor.compile_seconds, 6),
    }
    if not worst.are_mistakes:
        return Assessment(found, signature, preparation, None)
    mistakes = worst.mistakes
    if chosen and not any(one.place for one in mistakes):
        source = predictor.experiment.data, [Path(folder) for folder in checkpoint.folders], checkpoint.preprocessing
        mistakes = found_again(mistakes, *source, chosen, most=SMALL)
    found["mistakes"] = [_as_data(one, signature) for one in mistakes]
    return Assessment(found, signature, preparation, mistakes)


@dataclass(frozen=True)
class Assessment:
    """The result of an evaluation."""

    found: dict[str, Any]  # plain data
    signature: Signature
    preparation: Preparation
    mistakes: Sequence[Example] | None  # most confident first; None unless the samples are images of classes


def _as_data(mistake: Example, signature: Signature) -> dict[str, Any]:
    names, taken = signature.classes or (), int(signature.decided(mistake.prediction[None])[0])
    return {
        "place": mistake.location,
        "true": names[int(mistake.target)],
        "predicted": names[taken],
        "probability": float(mistake.prediction[taken]),
    }


class Measurement:
    """Accumulates everything that is measured, chunk by chunk; of quantiles the one nearest to the median."""

    def __init__(self, predictor: Predictor, checkpoint: Checkpoint):
        self._predictor, self._signature = predictor, predictor.signature
        self._metrics = measured_metrics(predictor.experiment.metrics, self._signature.task)
        self._answers = answers_of(self._signature, predictor.network.quantiles)
        self._rows = 0
        self._meter = make_meter(self._metrics, self._signature, predictor.network)
        self._details = _details(self._signature)
        task = self._signature.task
        self._calibration = Calibration(self._answers) if task in ("classes", "multilabel") else None
        baselines = Baselines.stored(checkpoint.trainer, replace(self._signature, threshold=None))
        naive = naive_forecasts(predictor.experiment.data.source, predictor.preprocessing)
        self._comparison = Comparison(baselines, self._metrics, naive, predictor.network.quantiles)

    def add(self, portion: Portion) -> np.ndarray:
        """Add samples; returns the predictions (n, k) for them."""
        result, part = self._predictor.run_portion(portion), portion.samples
        self._rows += len(part)
        self._meter.add_losses(result.losses, result.weights)
        self._meter.add_outputs(result.outputs, part.targets)
        predictions = self._answers.point(self._predictor.predictions(result.outputs, part.targets))
        known = self._signature.known(part.targets)
        for accumulator, columns in self._details:
            accumulator.update(predictions[:, columns], known[:, columns])
        if self._calibration:
            self._calibration.add(predictions, known)
        self._comparison.add(part)
        return predictions

    def result(self, report: Callable[[str], None]) -> dict[str, Any]:
        """The results as plain data; undefined metrics are reported."""
        results = self._meter.result()
        for text in self._meter.undefined:
            report(text)
        loss, matrix = results.pop("loss"), results.pop("confusion_matrix", None)
        baselines = self._comparison.result()
        decided = stated(self._predictor.experiment, self._signature)
        return {
            "rows": self._rows,
            "loss": loss,
            "metrics": results,
            "positive_class": positive_classes(self._metrics, self._answers),
            **({"threshold": dict(zip(("class", "probability"), decided, strict=True))} if decided else {}),
            "baselines": baselines,
            "remark": remark(self._metrics, results, baselines),
            **({"calibration": self._calibration.result()} if self._calibration else {}),
            **self._detailed(matrix),
        }

    def _detailed(self, matrix: Any) -> dict[str, Any]:
        """Metrics of each class, label or target."""
        signature = self._signature
        if signature.task == "tokens":
            return {}
        if signature.classes:
            rows = zip(signature.classes, class_report(matrix), strict=True)
            per_class = [{"class": name, **row._asdict()} for name, row in rows]
            return {"classes": list(signature.classes), "confusion_matrix": matrix, "per_class": per_class}
        if signature.task == "multilabel":
            ((accumulator, _),) = self._details
            rows = zip(signature.targets, class_report(accumulator.state["confusion"]), strict=True)
            return {"per_label": [{"label": name, **row._asdict()} for name, row in rows]}
        if signature.task == "inputs":
            return {}
        names = signature.forecast.columns if signature.forecast else signature.targets
        per_target: dict[str, dict[str, Any]] = {name: {"target": name} for name in names}
        for accumulator, columns in self._details:
            per_target[names[columns[0]]][accumulator.metric.yaml_name] = _result(accumulator)
        return {"per_target": list(per_target.values())}


def measured_metrics(configured: Sequence[Any], task: Task) -> list[Metric]:
    """The metrics of the config, then the default ones of the task."""
    names = {metric.yaml_name for metric in configured}
    return [*configured, *(registered("metric")[name]() for name in DEFAULT_METRICS[task] if name not in names)]


def _details(signature: Signature) -> list[tuple[Accumulator, list[int]]]:
    """Accumulators for single labels or targets, with the columns that each covers."""
    columns = range(len(signature.targets))
    if signature.task == "multilabel":
        return [(F1().start(answers_of(signature)), list(columns))]
    if signature.task in ("classes", "tokens", "inputs"):
        return []  # computed from the confusion matrix, or not at all
    metrics = [registered("metric")[name]() for name in DEFAULT_METRICS["numbers"]]
    several = len(signature.forecast.columns) if signature.forecast else len(signature.targets)
    of_each = [list(columns)[first::several] for first in range(several)]  # all steps of a column together
    return [
        (metric.start(Answers("numbers", tuple(signature.targets[i] for i in of_target))), of_target)
        for of_target in of_each
        for metric in metrics
    ]


def _result(accumulator: Accumulator) -> Any:
    """The metric, or NaN if it is undefined; the metric over all targets has reported that already."""
    try:
        return accumulator.result()
    except InputError:
        return nan
