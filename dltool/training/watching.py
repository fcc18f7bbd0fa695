"""Checks before training whether the metrics that it depends on can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError, Problem
from dltool.metrics.metric import Answers, Metric, by_name
from dltool.program.building import Network
from dltool.training.monitor import Monitor

#: rows checked at a time; most metrics are defined after the first chunk
ROWS = 8192

#: advice by config key
_ADVICE = {
    "early_stopping.monitor": ", or monitor another metric, such as {metric}",
    "train.monitor": ", or choose the best epoch by another metric: train.monitor: {metric}",
}

#: returns the targets of a part in chunks
Targets = Callable[[str], Iterator[np.ndarray]]


def require_defined(
    watched: Mapping[str, Monitor], metrics: Sequence[Metric], answers: Answers, network: Network, targets: Targets
) -> None:
    """Raise InputError for `watched` metrics, by config key, that are undefined for every prediction."""
    problems: dict[str, Problem] = {}
    for path, monitor in watched.items():
        reason = _undefined(monitor.metric, metrics, answers, network, targets(monitor.part))
        if reason:
            instead = next(name for name in ("loss", *by_name(metrics), "") if name != monitor.metric)
            advice = _ADVICE.get(path, "").format(metric=f"{monitor.part}.{instead}") if instead else ""
            message = f"'{monitor.name}' cannot be computed: {reason}{advice}"
            problems.setdefault(monitor.name, Problem(message, path=path))
    if problems:
        raise InputError(*problems.values())


def _undefined(
    metric: str, metrics: Sequence[Metric], answers: Answers, network: Network, targets: Iterator[np.ndarray]
) -> str:
    """Why a metric is undefined for these targets; empty if it is defined. More rows never make it undefined again."""
    if answers.task == "tokens":
        return ""  # each row has a token to predict
    reason = "there are no rows; check how the data is split"
    gathered = None if metric == "loss" else by_name(metrics)[metric].start(answers)
    for piece in targets:
        if gathered is None:
            if network.weights(piece, np.array([len(piece)])).sum() > 0:
                return ""
            reason = "all rows of the part belong to classes of weight 0; change class_weights"
            continue
        gathered.update(np.zeros((len(piece), answers.width), np.float32), *answers.split(piece))
        try:
            gathered.result()
        except InputError as error:
            reason = error.problems[0].message
        else:
            return ""
    return reason


def of_parts(parts: Mapping[str, Samples | StoredSamples]) -> Targets:
    """The targets of prepared parts."""
    return lambda part: (parts[part].rows(low, low + ROWS).targets for low in range(0, len(parts[part]), ROWS))


def of_arrays(targets: Mapping[str, np.ndarray]) -> Targets:
    """The targets of parts that are not prepared yet."""
    return lambda part: (targets[part][low : low + ROWS] for low in range(0, len(targets[part]), ROWS))
