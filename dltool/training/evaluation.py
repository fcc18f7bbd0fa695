"""Evaluates a network on a part of the data: loss and metrics over all rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from dltool.config.experiment import Experiment
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.data.store.reader import StoredSamples
from dltool.distributed.ranks import Ranks
from dltool.errors import InputError
from dltool.metrics.metric import Metric
from dltool.metrics.threshold import fixed_threshold
from dltool.program.building import Network, build_network, share_parameters
from dltool.program.summary import step_flops
from dltool.runtime.engine import Engine
from dltool.runtime.plan import Evaluation
from dltool.training.meter import Meter, answers_of
from dltool.training.portions import EVALUATION_ROWS, portion_rows, portions_for_ranks, portions_of

#: lengths of texts that have a network of their own, as shares of the longest
SHARES = (1 / 8, 1 / 4, 1 / 2, 3 / 4)
#: the engine's name for rows that are evaluated before others
PORTION = "portion"
#: least arithmetic of a batch for which it pays to build them
LEAST_FLOPS = 50_000_000


def evaluation_networks(experiment: Experiment, signature: Signature, *, lower: bool = True) -> list[Network]:
    """The network of a config as it is evaluated; before it, others that read shorter texts, where this saves time.

    Which one evaluates a text depends on its own length alone, and so do its predictions.
    Without lowering there is one network: other devices pad texts sooner than they compile anew.
    """
    build = partial(build_network, experiment, signature, training=False, rows=EVALUATION_ROWS, lower=lower)
    network = build()
    texts = [field.length for field in signature.codes if field.sequence]
    if not (texts and lower) or network.in_streams or step_flops(network) < LEAST_FLOPS:
        return [network]
    shorter = []
    for length in sorted({round(max(texts) * share) for share in SHARES} - {0, max(texts)}):
        try:
            shorter.append(build(longest=length))
        except InputError:  # too short for a layer
            continue
    return [*(one for one in shorter if share_parameters(one, network)), network]


def make_meter(metrics: Sequence[Metric], signature: Signature, network: Network) -> Meter:
    """A meter for the predictions of a network; raises `InputError` if a metric does not fit the task."""
    answers = answers_of(signature, network.quantiles)
    if answers.threshold is None:
        answers = replace(answers, threshold=fixed_threshold(metrics, answers))
    return Meter(
        metrics,
        answers=answers,
        output_activation=network.predictions,
        own_units=signature.own_units,
    )


def evaluate(
    engine: Engine,
    part: str,
    samples: Samples | StoredSamples,
    network: Network,
    meter: Meter,
    *,
    ranks: Ranks,
    use_average: bool = False,
) -> None:
    """Evaluate a part of the engine's data, in portions if it is stored on disk or taken in streams.

    `meter` accumulates the loss and the metrics; they have the same bits however the part is split. All ranks call this
    together; of what is on disk, each reads portions of its own.
    """
    if ranks.size > 1 and isinstance(samples, StoredSamples) and not network.in_streams:
        evaluated = _evaluated_apart(engine, samples, ranks, use_average)
    else:
        evaluated = _evaluated_together(engine, part, samples, network, use_average)
    for result, targets in evaluated:
        meter.add_losses(result.losses, result.weights)
        meter.add_outputs(result.outputs, targets)


def part_to_prepare(engine: Engine, samples: Samples | StoredSamples | None) -> str | None:
    """The name that `evaluate` has for a validation part, or for portions of it; the engine then knows their shapes."""
    if not isinstance(samples, StoredSamples):
        return None if samples is None else "validation"
    rows = min(len(samples), portion_rows(samples, unit=engine.undivided_rows))
    engine.attach(PORTION, samples.layout.empty(rows))
    return PORTION


#: what evaluating a portion gave, and its targets
_Evaluated = Iterator[tuple[Evaluation, np.ndarray]]


def _evaluated_together(
    engine: Engine, part: str, samples: Samples | StoredSamples, network: Network, use_average: bool
) -> _Evaluated:
    begun: deque[tuple[Callable[[], Evaluation], Samples]] = deque()
    for portion in portions_of(samples, in_streams=network.in_streams, unit=engine.undivided_rows):
        if portion.samples is not samples:
            part = PORTION  # whatever trains on the part keeps its rows in their order
            engine.attach(part, portion.samples, first=portion.first)
        begun.append((engine.begin_evaluation(part, rows=portion.batches, use_average=use_average), portion.samples))
        while len(begun) > engine.ahead:
            yield _finished(begun)
    while begun:
        yield _finished(begun)


def _finished(begun: deque[tuple[Callable[[], Evaluation], Samples]]) -> tuple[Evaluation, np.ndarray]:
    result, samples = begun.popleft()
    return result(), samples.targets


def _evaluated_apart(engine: Engine, samples: StoredSamples, ranks: Ranks, use_average: bool) -> _Evaluated:
    if use_average:
        engine.gather()
    for portion in portions_for_ranks(samples, unit=engine.undivided_rows, ranks=ranks):
        own = None
        if portion:
            engine.attach(PORTION, portion.samples, first=portion.first)
            own = engine.evaluate(PORTION, use_average=use_average, alone=True), portion.samples.targets
        yield from (one for one in ranks.gathered(own) if one)
