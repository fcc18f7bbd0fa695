"""Everything that the report shows, as plain data; other modules draw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.data.dataset.dataset import Dataset
from dltool.data.preprocessing.features import Preparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.explanation.explaining import Explanation
from dltool.metrics.metric import Answers, Metric, by_name, positive_classes
from dltool.program.building import Network
from dltool.program.summary import NetworkSummary, summarize
from dltool.report.columns import ColumnSummary, describe
from dltool.report.environment import kept
from dltool.report.history import History, read_history
from dltool.report.measuring import Measured
from dltool.training.assessment import measured_metrics
from dltool.training.baselines import spread_rows
from dltool.training.batching import Batching
from dltool.training.counters import Counters
from dltool.training.decision import deciding_signature, stated
from dltool.training.judge import Judge
from dltool.training.meter import answers_of
from dltool.training.run_directory import RunDirectory
from dltool.training.single_rows import without_single_row

#: rows of the training part that its summary looks at, and numbers in them where samples are large
MOST_ROWS, LEAST_ROWS, MOST_NUMBERS = 20_000, 500, 2_000_000


@dataclass(frozen=True)
class Best:
    """The best epoch and the metric that decided it."""

    epoch: int
    monitor: str  # such as "validation.accuracy"
    value: float


@dataclass(frozen=True)
class Content:
    """The content of a report."""

    run: RunDirectory
    experiment: Experiment
    config: str  # with every default
    history: History
    best: Best | None
    signature: Signature
    notes: Sequence[str]  # on data and network
    fingerprint: str  # of the data
    columns: Sequence[ColumnSummary]
    preparation: Preparation
    sample: Samples  # some of the training part
    network: NetworkSummary
    layout: Batching
    measured: Measured | None  # None if it was not measured
    explanation: Explanation | None  # None if it was not made, as it would take long
    environment: Mapping[str, Any]  # empty for a run that was made without one

    @property
    def answers(self) -> Answers:
        """What is predicted."""
        return answers_of(self.signature)

    @property
    def threshold(self) -> tuple[str, float] | None:
        """A class, and the probability from which on it is predicted; None if that is 0.5."""
        return stated(self.experiment, self.signature)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """All metrics by name."""
        return by_name(measured_metrics(self.experiment.metrics, self.signature.task))

    @property
    def positive_class(self) -> Mapping[str, str]:
        """The positive class of each metric that describes only one."""
        return positive_classes(list(self.metrics.values()), self.answers)


def gather(
    run: RunDirectory,
    experiment: Experiment,
    dataset: Dataset,
    network: Network,
    counters: Counters,
    measured: Measured | None,
    explanation: Explanation | None = None,
) -> Content:
    """The content for a run; `counters` are those of its best checkpoint, or of its last, and of new ones of none."""
    preparation = Preprocessing.from_json(dataset.preprocessing).features
    width = prod(preparation.feature_shape) + sum(field.length for field in preparation.codes)
    rows = max(LEAST_ROWS, min(MOST_ROWS, MOST_NUMBERS // max(1, width)))
    sample = spread_rows(dataset.parts["train"], rows)
    monitor = Judge(experiment).best.name
    layout = Batching.of(experiment.train, len(dataset.parts["train"]))
    layout = without_single_row(layout, network)
    return Content(
        run=run,
        experiment=experiment,
        config=dump_yaml(resolved(experiment)),
        history=read_history(run.metrics),
        best=Best(counters.best_epoch, monitor, counters.best_value) if counters.best_epoch else None,
        signature=deciding_signature(dataset.signature, experiment, counters),
        notes=(*network.warnings, *dataset.warnings, *dataset.notes),
        fingerprint=dataset.fingerprint,
        columns=describe(preparation, sample),
        preparation=preparation,
        sample=sample,
        network=summarize(network),
        layout=layout,
        measured=measured,
        explanation=explanation,
        environment=kept(run.environment),
    )
