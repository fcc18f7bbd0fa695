"""The training samples: from memory if the data fits, else from disk, in the same order."""

from __future__ import annotations

from collections.abc import Callable

from dltool.config.experiment import Experiment
from dltool.data.samples.samples import Samples
from dltool.data.store.budget import memory_for, span_samples
from dltool.data.store.reader import StoredSamples
from dltool.distributed.ranks import Ranks
from dltool.program.batch import RowOrder, row_order
from dltool.runtime.feed import Bucketed, Feed, Resident, Streamed, ToDevice
from dltool.runtime.order import EpochOrder
from dltool.training.batching import Batching
from dltool.training.bucketing import Bucketing


def order_of_program(experiment: Experiment, samples: Samples | StoredSamples) -> RowOrder:
    """The order in which the program reads rows; rows from disk already come in the order of the epoch."""
    return row_order(experiment) if isinstance(samples, Samples) else "as they come"


def make_feed(
    experiment: Experiment,
    part: Samples | StoredSamples,
    batching: Batching,
    on_compile: Callable[[str, float | None], None] | None,
    buckets: Bucketing | None,
    ranks: Ranks,
    to_device: ToDevice | None,
) -> Feed:
    """The feed of samples for a training part, with texts of similar length together if there are `buckets`.

    What comes from disk is copied `to_device`, where the network runs on one.
    """
    train = experiment.train
    if buckets and isinstance(part, Samples):
        return Bucketed(part, buckets.order, batching.update_size, ranks)
    streams = train.batch_size if row_order(experiment) == "in streams" else 0
    order = EpochOrder(len(part), shuffle=train.shuffle, key=train.seed, alias=part.alias, streams=streams)
    if isinstance(part, Samples):
        return Resident(part, order, batching.epoch_samples)
    samples = span_samples(
        memory_for(experiment.data) - (part.alias.bytes if part.alias else 0),
        part.layout.bytes,
        update=batching.update_size,
        epoch=batching.epoch_samples,
        ranks=ranks.size,
    )
    return Streamed(
        part,
        order,
        epochs=train.epochs,
        epoch_samples=batching.epoch_samples,
        samples=samples,
        update=batching.update_size,
        ranks=ranks,
        to_device=to_device,
        on_compile=on_compile,
    )
