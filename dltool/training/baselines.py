"""Baselines that a network should beat: a constant prediction, and a linear model of the same inputs.

Both are fitted to the training part once, before the first epoch, and saved in checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan, prod
from typing import Any

import numpy as np

from dltool.config.data import PARTS
from dltool.config.experiment import Experiment, Task
from dltool.data.dataset.dataset import Dataset
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples, joined_samples
from dltool.data.samples.signature import Signature
from dltool.data.sources.source import Source
from dltool.data.sources.windows import Windows
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError
from dltool.losses.output_activations import OutputActivation, activate
from dltool.metrics.metric import Accumulator, Metric, by_name
from dltool.training.checkpoint import section
from dltool.training.linear import Linear, fit_linear
from dltool.training.meter import answers_of
from dltool.training.unigram import token_frequencies, unigram_scores

#: limits for fitting: rows, numbers, codes times outputs; and the smallest number of rows
MOST_ROWS = 20_000
MOST_NUMBERS = 8_000_000
MOST_CODES = 4_000_000
LEAST_ROWS = 1000
#: parameters above which the linear model is skipped, because it would take too long
MOST_PARAMETERS = 200_000
#: number of consecutive rows in each group of a sample
GROUP_ROWS = 16
#: rows predicted at a time
BLOCK = 8192

#: prefix of their names in a checkpoint
PREFIX = "baseline/"

#: maps prepared samples to predictions (n, k) in the units of the data
Naive = Callable[[Samples], np.ndarray]

_OUTPUT_ACTIVATIONS: Mapping[Task, OutputActivation] = {
    "classes": "softmax",
    "multilabel": "sigmoid",
    "numbers": "identity",
}
_MODELS = {
    "trivial": "a trivial prediction",
    "last value": "repeating the last value",
    "seasonal": "repeating the last season",
    "linear": "a linear model of the same inputs",
}


@dataclass(frozen=True)
class Baselines:
    """The mean (k,), for numbers also the median, and a linear model unless it is too large.

    For tokens, the mean is the share of each.
    """

    signature: Signature
    arrays: Mapping[str, np.ndarray]  # mean, median, and the arrays of the linear model

    @classmethod
    def fitted(cls, part: Samples | StoredSamples, signature: Signature) -> Baselines:
        """Fit the baselines to a training part."""
        if signature.task == "inputs":
            return cls(signature, {})
        sample = _sample(part, signature)
        if signature.task == "tokens":
            return cls(signature, {"mean": token_frequencies(sample.features, len(signature.classes or ()))})
        if not signature.classes:
            targets = sample.targets[:, : len(signature.targets)].astype(np.float64)
        else:
            targets = np.eye(len(signature.classes))[sample.targets]
        arrays = {"mean": targets.mean(axis=0)}
        if signature.task == "numbers":
            arrays["median"] = np.median(targets, axis=0)
        if _inputs(signature) * targets.shape[1] <= MOST_PARAMETERS:
            arrays |= vars(fit_linear(sample, signature.codes, targets, _OUTPUT_ACTIVATIONS[signature.task]))
        return cls(signature, arrays)

    @classmethod
    def stored(cls, arrays: Mapping[str, np.ndarray], signature: Signature) -> Baselines:
        """The baselines saved in a checkpoint's trainer `arrays`; empty if there are none."""
        return cls(signature, section(arrays, PREFIX))

    @property
    def kept(self) -> dict[str, np.ndarray]:
        """The arrays to save in a checkpoint."""
        return {PREFIX + name: array for name, array in self.arrays.items()}

    def predictions(self, part: Samples) -> dict[str, np.ndarray]:
        """Predictions (n, k) by baseline: probabilities, numbers in the units of the data, or scores of tokens."""
        if self.signature.task == "tokens":
            return {"mean": unigram_scores(part, self.arrays["mean"])} if self.arrays else {}
        made = {name: np.tile(self.arrays[name], (len(part), 1)) for name in ("mean", "median") if name in self.arrays}
        if "weight" in self.arrays:
            linear = Linear(**{name: self.arrays[name] for name in ("weight", "table", "bias")})
            made["linear"] = activate(
                _OUTPUT_ACTIVATIONS[self.signature.task], linear.outputs(part, self.signature.codes)
            )
        if self.signature.classes:
            return made
        return {name: self.signature.own_units(numbers, part.targets) for name, numbers in made.items()}


class Comparison:
    """Metrics of the baselines on the network's rows, and of `naive` forecasts of series, by name.

    A network of `quantiles` is compared with single predictions, which stand for all of them.
    """

    def __init__(
        self,
        baselines: Baselines,
        metrics: Sequence[Metric],
        naive: Mapping[str, Naive] | None = None,
        quantiles: tuple[float, ...] = (),
    ):
        self._baselines, self._naive, self._quantiles = baselines, naive or {}, quantiles
        self._metrics = {name: metric for name, metric in by_name(metrics).items() if metric.better}
        self._gathered: dict[str, dict[str, Accumulator]] = {}

    def add(self, part: Samples | StoredSamples) -> None:
        """Add prepared samples."""
        signature = self._baselines.signature
        for low in range(0, len(part), BLOCK):
            block = part.rows(low, min(low + BLOCK, len(part)))
            made = self._baselines.predictions(block)
            made |= {name: predict(block) for name, predict in self._naive.items()} if made else {}
            known, series = signature.known(block.targets), signature.series(block.targets)
            for name, predictions in made.items():
                for accumulator in self._of(name).values():
                    accumulator.update(predictions, known, series)

    def result(self) -> dict[str, dict[str, float]]:
        """All metrics of "trivial", the better of mean and median for each metric, of naive forecasts and "linear"."""
        found = {name: {key: _value(one) for key, one in of.items()} for name, of in self._gathered.items()}
        simplest = [found.pop(name) for name in ("mean", "median") if name in found]
        if simplest:
            best = {name: max if one.better == "higher" else min for name, one in self._metrics.items()}
            found["trivial"] = {key: best[key](one[key] for one in simplest) for key in best}
        return {name: found[name] for name in _MODELS if name in found}

    def _of(self, name: str) -> dict[str, Accumulator]:
        if name not in self._gathered:
            answers = answers_of(self._baselines.signature, self._quantiles)
            self._gathered[name] = {key: one.start(answers) for key, one in self._metrics.items()}
        return self._gathered[name]


def compared(
    results: Mapping[str, Mapping[str, Any]],
    baselines: Baselines,
    experiment: Experiment,
    dataset: Dataset,
    quantiles: tuple[float, ...],
) -> tuple[dict[str, dict[str, float]], str]:
    """Metrics of the baselines on the test part, else the validation part, and a remark if one beats the network.

    `results` are those of the network, by part.
    """
    part = next((part for part in reversed(PARTS[1:]) if part in results), None)
    if part is None:
        return {}, ""
    naive = naive_forecasts(experiment.data.source, Preprocessing.from_json(dataset.preprocessing))
    comparison = Comparison(baselines, experiment.metrics, naive, quantiles)
    comparison.add(dataset.parts[part])
    found = comparison.result()
    return found, remark(experiment.metrics, results[part], found)


def naive_forecasts(source: Source, preprocessing: Preprocessing) -> dict[str, Naive]:
    """Functions that predict (n, targets) that series keep their last value, or repeat their last season.

    Only where windows show the targets, and the season is longer than a row and no longer than a window.
    """
    if not isinstance(source, Windows) or not source.latest:
        return {}
    season = preprocessing.source_state.get("season", 1)
    rows = {"last value": [source.length - 1] * len(source.predicted_steps)}
    if 1 < season <= source.length:
        rows["seasonal"] = [source.length - season + (step - 1) % season for step in source.predicted_steps]
    return {name: _repeating(of, source.latest, preprocessing) for name, of in rows.items()}


def _repeating(rows: Sequence[int], columns: Sequence[int], preprocessing: Preprocessing) -> Naive:
    """A function that predicts for each step one of the rows of a window, in some columns."""
    signature, scale = preprocessing.signature({}), preprocessing.features.scale

    def repeat(part: Samples) -> np.ndarray:
        shown = scale.undone(part.features, signature.series(part.targets)) if scale else part.features
        return shown[:, rows][:, :, columns].reshape(len(part), -1).astype(np.float64)

    return repeat


def remark(metrics: Sequence[Metric], results: Mapping[str, Any], baselines: Mapping[str, Mapping[str, float]]) -> str:
    """A sentence about the best baseline if it beats the network in the first metric, else an empty string."""
    name, metric = next(((name, one) for name, one in by_name(metrics).items() if one.better), ("", None))
    if metric is None or not baselines or results[name] is None:
        return ""
    sign = 1 if metric.better == "higher" else -1
    best = max(baselines, key=lambda baseline: sign * baselines[baseline][name])
    if not sign * baselines[best][name] > sign * results[name]:
        return ""
    both = f"{name} {baselines[best][name]:.4g} against {results[name]:.4g}"
    return f"{_MODELS[best]} does better than the network: {both}"


def _value(accumulator: Accumulator) -> float:
    try:
        result = accumulator.result()
    except InputError:  # undefined for these rows, as reported for the network
        return nan
    assert not isinstance(result, list)  # metrics with a direction are single numbers
    return result


def _sample(part: Samples | StoredSamples, signature: Signature) -> Samples:
    """The rows that the baselines are fitted to."""
    outputs = len(signature.classes or signature.targets)
    codes = sum(field.length for field in signature.codes)
    most = min(MOST_ROWS, MOST_NUMBERS // max(1, prod(signature.feature_shape)), MOST_CODES // max(1, codes * outputs))
    return spread_rows(part, max(most, LEAST_ROWS))


def spread_rows(part: Samples | StoredSamples, most: int) -> Samples:
    """All rows, or about `most` rows in small groups spread evenly over the part."""
    if len(part) <= most:
        return part.rows(0, len(part))
    groups = most // GROUP_ROWS
    starts = np.arange(groups) * (len(part) - GROUP_ROWS) // (groups - 1)
    return joined_samples([part.rows(int(start), int(start) + GROUP_ROWS) for start in starts])


def _inputs(signature: Signature) -> int:
    """Number of input columns of the linear model."""
    return prod(signature.feature_shape) + sum(field.size for field in signature.codes)
