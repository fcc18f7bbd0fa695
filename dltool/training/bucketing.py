"""Training on texts of similar length together: whether it is worth it, and the networks for shorter texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.config.experiment import Experiment
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.data.store.budget import memory_for
from dltool.data.store.reader import StoredSamples
from dltool.errors import InputError
from dltool.program.batch import row_order
from dltool.program.building import Network, share_parameters
from dltool.program.summary import step_flops
from dltool.runtime.buckets import BucketOrder
from dltool.runtime.order import EpochOrder
from dltool.training.batching import Batching

#: shares of the texts that are at most as long as each of the shorter programs
QUANTILES = (0.4, 0.7, 0.9)
#: least share of the arithmetic that shorter programs must save, and least arithmetic of a step; Python has to choose a
#: program more often than every few steps
WORTH, LEAST_FLOPS = 0.15, 6_000_000


@dataclass(frozen=True)
class Bucketing:
    """Networks that share their parameters, for texts of different lengths."""

    order: BucketOrder
    networks: Sequence[Network]  # for rising lengths, the last one for all


def bucketing(
    experiment: Experiment,
    signature: Signature,
    part: Samples | StoredSamples,
    batching: Batching,
    network: Network,
    build: Callable[..., Network],
) -> tuple[Bucketing | None, list[str]]:
    """How to train on texts of similar length together, if this is faster, and a note on the share of padding.

    `build` is `build_network` for this config and data.
    """
    fields = [field for field in signature.codes if field.sequence]
    if not fields or not isinstance(part, Samples):
        return None, []
    lengths, longest = _lengths(part, fields), max(field.length for field in fields)
    padding = 1 - float(lengths.mean()) / longest
    note = f"{padding:.0%} of the tokens in a batch are padding"
    programs = sorted({*np.quantile(lengths, QUANTILES, method="higher").tolist(), longest})
    train = experiment.train
    order = BucketOrder(
        EpochOrder(len(part), shuffle=True, key=train.seed),
        lengths,
        programs,
        update=batching.update_size,
        samples=batching.epoch_samples,
        key=train.seed ^ 1,
    )
    left = order.padding(0)
    saved = 1 - (1 - padding) / (1 - left)
    room = memory_for(experiment.data) >= 2 * sum(array.nbytes for array in part.arrays.values())
    if row_order(experiment) != "shuffled" or saved < WORTH or step_flops(network) < LEAST_FLOPS or not room:
        return None, [note]
    networks = _networks(build, batching.largest_batch, programs)
    if networks is None:
        return None, [f"{note}, since some parameters have the shape of the longest text"]
    held = ", ".join(map(str, programs[:-1]))
    note = f"texts of similar length train together, in batches of at most {held} or {programs[-1]} tokens"
    return Bucketing(order, networks), [f"{note}: {left:.0%} of these are padding, instead of {padding:.0%}"]


def _lengths(part: Samples, fields: Sequence[CodeField]) -> np.ndarray:
    """The tokens (n,) of the longest text of each row."""
    texts = [part.codes[:, field.start : field.start + field.length] for field in fields]
    return np.max([(text >= 0).sum(axis=1) for text in texts], axis=0)


def _networks(build: Callable[..., Network], rows: int, programs: Sequence[int]) -> list[Network] | None:
    """A network for each length; None where they cannot share their parameters."""
    try:
        networks = [build(training=True, rows=rows, order="as they come", longest=length) for length in programs]
    except InputError:  # too short for a layer
        return None
    return networks if all(share_parameters(network, networks[-1]) for network in networks) else None
