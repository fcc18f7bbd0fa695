"""All that the page shows of a run, as plain data: gathered here, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.experiment import Experiment
from dltool.data.preparation import Preparation
from dltool.data.preprocessing import Preprocessing
from dltool.data.signature import Dataset, Part, Signature
from dltool.program.building import Network
from dltool.program.summary import NetworkSummary, summarize
from dltool.report.columns import ColumnSummary, describe
from dltool.report.environment import kept
from dltool.report.history import History, read_history
from dltool.report.measuring import Measured
from dltool.training.baselines import spread_rows
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.judge import Judge
from dltool.training.layout import EpochLayout
from dltool.training.run_directory import RunDirectory

#: rows of the training part that its summary looks at
LOOKED_AT = 20_000


@dataclass(frozen=True)
class Best:
    """The best epoch and what told it."""

    epoch: int
    monitor: str  # such as "validation.accuracy"
    value: float


@dataclass(frozen=True)
class Content:
    """What there is to say about a run."""

    run: RunDirectory
    experiment: Experiment
    config: str  # as the run keeps it
    history: History
    best: Best | None
    signature: Signature
    notes: Sequence[str]  # on data and network
    fingerprint: str  # of the data
    columns: Sequence[ColumnSummary]
    preparation: Preparation
    sample: Part  # some of the training part
    network: NetworkSummary
    layout: EpochLayout
    measured: Measured | None  # None where there was no time for it
    environment: Mapping[str, Any]  # empty for a run that was made without one


def gather(
    run: RunDirectory,
    experiment: Experiment,
    checkpoint: Checkpoint,
    dataset: Dataset,
    network: Network,
    measure: Callable[[Counters], Measured] | None,
) -> Content:
    """The content for a run of which `checkpoint` is the best, or else the last."""
    counters = Counters.from_arrays(checkpoint.trainer)
    preparation = Preprocessing.from_json(dataset.preprocessing).features
    sample = spread_rows(dataset.parts["train"], LOOKED_AT)
    train = experiment.train
    monitor = Judge(experiment).best.name
    return Content(
        run=run,
        experiment=experiment,
        config=run.config.read_text(encoding="utf-8"),
        history=read_history(run.metrics),
        best=Best(counters.best_epoch, monitor, counters.best_value) if counters.best_epoch else None,
        signature=dataset.signature,
        notes=(*network.warnings, *dataset.notes),
        fingerprint=dataset.fingerprint,
        columns=describe(preparation, sample),
        preparation=preparation,
        sample=sample,
        network=summarize(network),
        layout=EpochLayout(len(dataset.parts["train"]), train.batch_size, train.accumulate, train.last_batch),
        measured=measure(counters) if measure else None,
        environment=kept(run.environment),
    )

