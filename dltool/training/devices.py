"""Which device a training runs on, and what is to be said of it."""

from __future__ import annotations

from typing import Literal

from dltool.config.experiment import Experiment, TrainConfig
from dltool.data.samples.signature import Signature
from dltool.data.store.budget import memory_for
from dltool.distributed.ranks import ALONE, Ranks
from dltool.formatting import duration
from dltool.program.building import build_network
from dltool.program.summary import step_flops
from dltool.runtime.device import CPU, Device
from dltool.runtime.xla.drivers import gpu_memory, has_gpu, require_gpu, require_jax
from dltool.runtime.xla.joining import arranged
from dltool.runtime.xla.starting import start_device, wait_for_device
from dltool.training.batching import Batching
from dltool.training.checkpoint import Checkpoint

#: multiplications and additions that the processor can be expected to do in a second
PROCESSOR_FLOPS = 5e10
#: a training of fewer seconds on the processor is over there before a GPU has begun
WORTH_SECONDS = 20.0


def require_device(kind: str) -> None:
    """Raise RunError if a kind of device cannot be used here, before anything has been prepared for it."""
    if kind in ("cuda", "xla"):
        require_jax(kind)
    if kind == "cuda":
        require_gpu()


def expect_device(kind: str, count: int | Literal["all"] = 1, ranks: Ranks = ALONE) -> None:
    """Begin to start devices that will be needed soon, some of each rank; raise RunError if they cannot be used."""
    require_device(kind)
    if kind in ("cuda", "xla"):
        start_device(kind, arranged(kind, count, ranks))


def within_gpu(experiment: Experiment) -> Experiment:
    """The experiment with a limit for prepared data: half of the GPU that it trains on, if it names none itself."""
    data, kind = experiment.data, experiment.train.device
    if data.memory or kind not in ("cuda", "auto") or not has_gpu():
        return experiment
    memory = gpu_memory()
    if memory is None or memory // 2 >= memory_for(data):
        return experiment
    return experiment.model_copy(update={"data": data.model_copy(update={"memory": f"{memory // 2000}kB"})})


def kind_for(train: TrainConfig, ranks: Ranks) -> str:
    """The kind of device that a config names; on several ranks, `auto` is the processor."""
    return "cpu" if train.device == "auto" and ranks.size > 1 else train.device


def choose_device(
    experiment: Experiment, signature: Signature, batching: Batching, ranks: Ranks
) -> tuple[Device, list[str]]:
    """The device of a config, and a note on what `auto` has chosen."""
    train = experiment.train
    if kind_for(train, ranks) == "cpu":
        return CPU, []
    if train.device != "auto":
        return Device(train.device, train.devices, train.precision, joined=ranks.size > 1), []
    if not has_gpu():
        return CPU, ["device auto: the processor, as there is no GPU that JAX can use"]
    network = build_network(experiment, signature, training=True, rows=batching.largest_batch, lower=False)
    steps = batching.updates * batching.accumulate * train.epochs
    seconds = step_flops(network) * steps / PROCESSOR_FLOPS
    if seconds < WORTH_SECONDS:
        return CPU, [f"device auto: the processor, which takes about {duration(max(seconds, 1))}; for the GPU: cuda"]
    note = f"device auto: the GPU; the processor would take about {duration(seconds)}"
    return Device("cuda", train.devices, train.precision), [note]


def note_on_start(wanted: str, device: Device) -> list[str]:
    """What starting a device took; one that `auto` has chosen is not started before data is read."""
    if device.lowers:
        return []
    took = ", ".join(f"{part} {duration(seconds)}" for part, seconds in wait_for_device(device.kind).items())
    return [f"readying the device{'' if wanted == 'auto' else ', while data was read'}: {took}"]


def device_for_rows(kind: str) -> Device:
    """The device to evaluate or predict with."""
    chosen = ("cuda" if has_gpu() else "cpu") if kind == "auto" else kind
    expect_device(chosen)
    if chosen == "cuda":
        return Device("cuda")
    return Device("xla") if chosen == "xla" else CPU


def moving(checkpoint: Checkpoint, experiment: Experiment) -> str | None:
    """A note on what follows from continuing on another device; None if it is the same."""
    before, now = ({**_SETTINGS, **config} for config in (checkpoint.config["train"], experiment.train.model_dump()))
    changes = [
        f"train.{name} is {now[name]} instead of {before[name]}" for name in _SETTINGS if now[name] != before[name]
    ]
    if not changes:
        return None
    return f"{', '.join(changes)}: what follows agrees with an uninterrupted run to rounding, not bit for bit"


#: what a checkpoint of a dltool that knew no devices stands for
_SETTINGS = {"device": "cpu", "devices": 1, "precision": "float32"}
