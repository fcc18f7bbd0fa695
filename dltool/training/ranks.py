"""What must hold before several processes train together: a division of every batch, and the same everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dltool import __version__
from dltool.config.differences import differing, value_at
from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.data.dataset.dataset import Dataset
from dltool.data.store.budget import memory_for
from dltool.distributed.ranks import ALONE, Ranks
from dltool.errors import InputError, Problem
from dltool.formatting import plural
from dltool.runtime.device import Device

#: kinds of devices that all ranks have in common
JOINED = ("cuda", "xla")
#: keys that may differ between ranks
_OWN = ("train.threads",)


def with_shards(experiment: Experiment, ranks: Ranks) -> Experiment:
    """The experiment of a new training, with one shard for each rank unless it says how many, or devices divide it."""
    train = experiment.train
    if ranks.size == 1 or train.shards != "auto" or train.device in JOINED:
        return experiment
    if train.batch_size % ranks.size:
        larger = -(-train.batch_size // ranks.size) * ranks.size
        message = f"{ranks.size} processes cannot share batches of {train.batch_size} evenly; fitting: {larger}"
        raise InputError(Problem(message, path="train.batch_size"))
    return experiment.model_copy(update={"train": train.model_copy(update={"shards": ranks.size})})


def dividing(ranks: Ranks, device: Device) -> Ranks:
    """The ranks that divide a training among them; of devices, each runs all programs alike."""
    return ranks if device.lowers else ALONE


def with_memory(experiment: Experiment, ranks: Ranks) -> Experiment:
    """The experiment with the same limit for prepared data on all ranks, the lowest that one of them has."""
    if ranks.size == 1:
        return experiment
    memory = min(ranks.gathered(memory_for(experiment.data)))
    return experiment.model_copy(update={"data": experiment.data.model_copy(update={"memory": f"{memory // 1000}kB"})})


def require_shares(experiment: Experiment, ranks: Ranks, *, debug: bool) -> None:
    """Raise InputError if these ranks cannot share the shards of an update; each takes 1, 2, 4, 8, … of them.

    Devices of any number of ranks share the rows of a batch.
    """
    train, size = experiment.train, ranks.size
    if size > 1 and debug:
        raise InputError(Problem(f"--debug runs in one process, not {size}", path="train.device"))
    if size == 1 or train.device in JOINED:
        return
    fitting = [parts for parts in sizes(train.micro_batches) if train.parts > 1 or parts == 1]
    if size not in fitting:
        parts = plural(train.parts, "shard")
        words = " or ".join([", ".join(map(str, fitting[:-1])), str(fitting[-1])]) if fitting[1:] else "1"
        message = f"a batch of {parts} cannot be shared by {size} processes; start {words} of them"
        raise InputError(Problem(message, path="train.shards"))


def sizes(shards: int) -> list[int]:
    """Numbers of processes that can share these shards evenly: each takes 1, 2, 4, … of them, or one takes all."""
    halves = [shards >> level for level in range(shards.bit_length()) if shards % (1 << level) == 0]
    return sorted({1, *halves})


def require_alike(experiment: Experiment, ranks: Ranks) -> None:
    """Raise InputError if a rank has another dltool or config than rank 0: it might not call what the others call."""
    if ranks.size == 1:
        return
    configs = ranks.gathered(resolved(experiment))
    keys = [key for key in differing(configs) if key not in _OWN]
    own = {"version of dltool": __version__}
    _require_equal(own | {key: value_at(resolved(experiment), key) for key in keys}, ranks)


def require_same_data(dataset: Dataset, ranks: Ranks) -> None:
    """Raise InputError if a rank has other data than rank 0."""
    _require_equal({"content of the data": dataset.fingerprint}, ranks)


def _require_equal(own: Mapping[str, Any], ranks: Ranks) -> None:
    (first_host, first), *others = ranks.gathered((ranks.host, own))
    problems = [
        Problem(f"rank {number} on {host} has another {key} than rank 0 on {first_host}: {found[key]}, not {known}")
        for number, (host, found) in enumerate(others, start=1)
        for key, known in first.items()
        if found[key] != known
    ]
    if problems:
        raise InputError(*problems)
