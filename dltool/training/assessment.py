"""What `dltool eval` finds out about a checkpoint: its figures on the part of the data that it has seen least of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from dltool.config.experiment import PARTS, Experiment
from dltool.config.loading import from_resolved
from dltool.data.dataset import open_dataset, prepare
from dltool.data.preprocessing import Preprocessing
from dltool.data.signature import Part
from dltool.data.source import Source
from dltool.errors import InputError, Problem
from dltool.losses.links import link
from dltool.metrics.confusion import report as class_report
from dltool.metrics.metric import Metric
from dltool.program.building import build_network
from dltool.registry import registered
from dltool.runtime.engine import Engine
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.evaluation import EVALUATION_ROWS, evaluate, make_meter
from dltool.training.saving import find, load

#: Metrics that are always measured, by task.
USUAL = {True: ("accuracy", "confusion_matrix"), False: ("mae", "rmse", "r2")}


def assess(
    target: Path,
    *,
    threads: int | None = None,
    report: Callable[[str], None],
    on_compile: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """All figures of a checkpoint or of a run's best one, as plain data; needs nothing but it and the data it names."""
    path = find(target)
    checkpoint = load(path, report)
    experiment = from_resolved(checkpoint.config)
    part, samples = _samples(experiment, checkpoint, report)
    signature = Preprocessing.from_json(checkpoint.preprocessing).signature({part: len(samples.targets)})
    network = build_network(experiment, signature, training=False, rows=EVALUATION_ROWS)
    engine = Engine(
        None,
        network,
        {part: samples},
        seed=experiment.train.seed,
        threads=threads or experiment.train.threads,
        on_compile=on_compile,
    )
    arrays = _weights(checkpoint.arrays)
    if missing := [name for name in engine.shapes if name not in arrays]:
        raise InputError(Problem(f"lacks what the network of its config has: {', '.join(missing)}", where=str(path)))
    engine.write(arrays)
    meter = make_meter(_metrics(experiment, signature.classes is not None), signature, network)
    outputs = evaluate(engine, part, samples.targets, meter)
    figures = meter.result()
    for text in meter.undefined:
        report(text)
    counters = Counters.from_arrays(checkpoint.trainer)
    result = {
        "checkpoint": str(path),
        "name": experiment.name,
        "epoch": counters.epoch,
        "step": counters.step,
        "part": part,
        "rows": len(samples.targets),
        "loss": figures.pop("loss"),
    }
    if signature.classes:
        matrix = figures.pop("confusion_matrix")
        rows = zip(signature.classes, class_report(matrix), strict=True)
        details = {
            "classes": list(signature.classes),
            "confusion_matrix": matrix,
            "per_class": [{"class": name, **row._asdict()} for name, row in rows],
        }
    else:
        predictions = link(network.link, outputs)
        details = {"per_target": _per_target(signature.targets, predictions, samples.targets)}
    return {**result, "metrics": figures, **details, "compile_seconds": round(engine.compile_seconds, 6)}


def _samples(experiment: Experiment, checkpoint: Checkpoint, report: Callable[[str], None]) -> tuple[str, Part]:
    """The test part, else the validation part, else the training part; prepared as in training."""
    data, folders = experiment.data, [Path(folder) for folder in checkpoint.folders]
    part = next(part for part in reversed(PARTS) if part in data.parts)
    own = getattr(data, part, None)
    if own is not None:  # a source of its own: the others are not needed
        return part, prepare(cast(Source, own), checkpoint.preprocessing, folders)
    dataset = open_dataset(data, folders, checkpoint.preprocessing)
    if dataset.fingerprint != checkpoint.fingerprint:
        report(f"the data has changed since the training: the {part} part may hold rows that were trained on")
    return part, dataset.parts[part]


def _weights(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is evaluated: averages in place of the parameters that have one."""
    return {name: arrays.get(f"{name}.average", array) for name, array in arrays.items()}


def _metrics(experiment: Experiment, classifier: bool) -> list[Metric]:
    """Those of the config, then the usual ones of the task."""
    configured = [cast(Metric, metric) for metric in experiment.metrics]
    names = {metric.yaml_name for metric in configured}
    return [*configured, *(registered("metric")[name]() for name in USUAL[classifier] if name not in names)]


def _per_target(names: tuple[str, ...], predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = []
    for column, name in enumerate(names):
        figures.append({"target": name})
        for metric in USUAL[False]:
            accumulator = registered("metric")[metric]().start(None, 1)
            accumulator.update(predictions[:, column, None], targets[:, column, None])
            figures[-1][metric] = accumulator.result()
    return figures
