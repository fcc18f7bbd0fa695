"""An experiment that is ready to train: data prepared, network built, kernels compiled. No run exists on disk yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from dltool.caching import cache_root
from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.data.dataset.config_sources import notes_on_files
from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.opening import open_dataset
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples
from dltool.data.store.keeping import unwatched
from dltool.data.store.origin import Watch
from dltool.distributed.ranks import ALONE, Ranks, this_process
from dltool.errors import InputError, Problem
from dltool.kernels.cpu import library
from dltool.metrics.metric import positive_classes
from dltool.optimizers.optimizer import Optimizer
from dltool.program.batch import row_order
from dltool.program.building import Network, build_network
from dltool.program.generation import require_causal
from dltool.runtime.device import CPU, Device
from dltool.runtime.engine import Engine
from dltool.runtime.feed import Feed, Span
from dltool.runtime.plan import StepPlan
from dltool.schedules.schedule import Horizon
from dltool.training.batching import Batching
from dltool.training.bucketing import bucketing
from dltool.training.checkpoint import Checkpoint
from dltool.training.devices import choose_device, expect_device, kind_for, note_on_start, within_gpu
from dltool.training.evaluation import evaluate, evaluation_networks, make_meter, part_to_prepare
from dltool.training.feeding import make_feed, order_of_program
from dltool.training.initial import Start, starting_from
from dltool.training.judge import Judge
from dltool.training.meter import Meter, answers_of
from dltool.training.ranks import dividing, require_alike, require_same_data, require_shares, with_memory
from dltool.training.single_rows import without_single_row
from dltool.training.watching import of_parts, require_defined


@dataclass(frozen=True)
class Job:
    """Everything that the trainer works with."""

    experiment: Experiment
    folders: Sequence[Path]  # base folders of relative data paths
    dataset: Dataset
    batching: Batching
    judge: Judge
    network: Network
    engine: Engine
    feed: Feed
    start: Start  # tensors that replaced the network's initial values
    device: Device = CPU
    stretch: int = 1  # updates that run in one call of the device
    ranks: Ranks = ALONE

    @property
    def dividing(self) -> Ranks:
        """The ranks that divide the work among them: of devices, each runs all programs alike."""
        return dividing(self.ranks, self.device)

    @property
    def optimizer(self) -> Optimizer:
        """The configured optimizer."""
        return self.experiment.optimizer

    @property
    def positive_class(self) -> dict[str, str]:
        """The positive class of each metric that describes only one."""
        return positive_classes(self.experiment.metrics, answers_of(self.dataset.signature))

    @property
    def absolute_folders(self) -> list[str]:
        """Base folders of relative data paths, absolute so that they hold in any working directory."""
        return list(dict.fromkeys(str(folder.resolve()) for folder in (*self.folders, Path.cwd())))

    def meter(self, threshold: float | None = None) -> Meter:
        """A new meter for the configured metrics; a threshold of the decision is given, else tuned to its rows."""
        signature = replace(self.dataset.signature, threshold=threshold)
        return make_meter(self.experiment.metrics, signature, self.network)

    def learning_rates(self, steps: np.ndarray, epochs: int) -> np.ndarray:
        """The scheduled learning rate at each of `steps` (n,) in a training of `epochs` epochs."""
        horizon = Horizon(self.batching.updates, epochs)
        return self.optimizer.lr * self.experiment.schedule.multiplier(steps, horizon)

    def scalars(self, steps: np.ndarray, rates: np.ndarray) -> np.ndarray:
        """The scalars of the optimizer's op at each of `steps` (n,), with learning rates `rates` (n,)."""
        horizon = Horizon(self.batching.updates, self.experiment.train.epochs)
        momentum = self.experiment.schedule.momentum(steps, horizon)
        return self.optimizer.scalars(steps, rates, momentum)

    def prepare(self) -> None:
        """Compile what a device will run."""
        if not self.engine.compiles_programs:
            return
        parts = self.dataset.parts
        if isinstance(parts["train"], Samples):
            span = self.feed.span(0, 0, lambda: False)
            plans = [self._plan_of_span(0, self.batching.epoch_samples, span.networks if span else None)]
        else:
            self.engine.attach("train", parts["train"].layout.empty(self.feed.samples))  # what counts are its shapes
            total, size = self.batching.epoch_samples, self.feed.samples
            last = (total - 1) // size * size  # all spans but the last are alike
            plans = [self._plan_of_span(first, min(first + size, total)) for first in sorted({0, last})]
        self.engine.prepare(
            plans,
            collect=self.meter().wants_outputs,
            part=part_to_prepare(self.engine, parts.get("validation")),
            use_average=self.experiment.train.ema_decay is not None,
        )

    def _plan_of_span(self, first: int, stop: int, networks: np.ndarray | None = None) -> StepPlan:
        """A plan of all updates of a span of the first epoch; `networks` has the one for each update of the epoch."""
        batching = self.batching
        low, high = batching.updates_before(first), batching.updates_before(stop)
        plan = batching.plan(
            np.repeat(self.scalars(np.array([0]), np.array([0.0])), high - low, axis=0),
            first_update=low,
            epoch=0,
            step=0,
            networks=None if networks is None else networks[low:high],
            stretch=self.stretch,
        )
        return replace(plan, origin=np.full(len(plan), first))

    def targets(self, span: Span, epoch: int, updates: np.ndarray) -> np.ndarray:
        """The targets of the samples of consecutive `updates` (n,) of an epoch, all within the span."""
        low = int(updates[0]) * self.batching.update_size
        return self.feed.targets(span, epoch, low, low + int(self.batching.update_rows(updates).sum()))

    def evaluate(self, part: str, threshold: float | None = None) -> Meter:
        """Loss and metrics of a part, with the averaged parameters if there are any."""
        meter = self.meter(threshold)
        use_average = self.experiment.train.ema_decay is not None
        samples = self.dataset.parts[part]
        evaluate(self.engine, part, samples, self.network, meter, ranks=self.dividing, use_average=use_average)
        return meter

    def checkpoint(self, trainer: Mapping[str, np.ndarray]) -> Checkpoint:
        """The current state, with the trainer's counters; all ranks call this together."""
        self.engine.gather()
        classes = self.dataset.signature.classes
        return Checkpoint(
            config=resolved(self.experiment),
            folders=self.absolute_folders,
            preprocessing=dict(self.dataset.preprocessing),
            classes=list(classes) if classes else None,
            fingerprint=self.dataset.fingerprint,
            arrays=self.engine.arrays,
            trainer=dict(trainer),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Load all arrays of a checkpoint; raises `InputError` if they do not fit this network."""
        present = self.engine.shapes
        stored = {name: array.shape for name, array in checkpoint.arrays.items()}
        if present != stored:
            names = sorted(name for name, _ in present.items() ^ stored.items())
            raise InputError(
                Problem(f"its arrays do not fit the network of its config: {', '.join(names)}", "checkpoint")
            )
        self.engine.write(checkpoint.arrays)


def open_job(
    experiment: Experiment,
    folders: Sequence[Path],
    *,
    starts: bool = True,
    debug: bool = False,
    on_compile: Callable[[str, float | None], None] | None = None,
    watch: Watch = unwatched,
) -> Job:
    """Read the data, build the network and compile its kernels; raises `InputError` with everything that does not fit.

    `init_from` applies only if the run `starts`, not if it resumes; `watch` receives the progress of preparing data.
    """
    train, ranks = experiment.train, this_process()
    kind = "cpu" if debug else kind_for(train, ranks)
    judge = Judge(experiment)
    require_alike(experiment, ranks)
    require_shares(experiment, ranks, debug=debug)
    _expect(kind, experiment, ranks, debug=debug)
    limited = with_memory(experiment if kind == "cpu" else within_gpu(experiment), ranks)
    dataset = _shared_dataset(limited, folders, ranks, watch)
    require_same_data(dataset, ranks)
    signature, part = dataset.signature, dataset.parts["train"]
    batching = Batching.of(train, len(part), in_streams=row_order(experiment) == "in streams")
    device, chosen = (CPU, []) if debug else choose_device(experiment, signature, batching, ranks)
    lower, shared = device.lowers and not debug, dividing(ranks, device)
    build = partial(build_network, experiment, signature, lower=lower)
    network = build(training=True, rows=batching.largest_batch, order=order_of_program(experiment, part))
    require_causal(experiment, signature)
    batching = without_single_row(batching, network)
    buckets, bucketed = bucketing(limited, signature, part, batching, network, build)
    evaluation = evaluation_networks(experiment, signature, lower=lower)
    _require_metrics(experiment, judge, dataset, network)
    preprocessing = Preprocessing.from_json(dataset.preprocessing)
    start = starting_from(experiment, folders, network.graph, preprocessing) if starts else Start()
    engine = Engine(
        buckets.networks if buckets else [network],
        evaluation,
        {name: samples for name, samples in dataset.parts.items() if isinstance(samples, Samples)},
        seed=train.seed,
        threads=train.threads,
        debug=debug,
        device=device,
        ranks=shared,
        on_compile=on_compile,
    )
    engine.write(start.over(engine.arrays))
    to_device = engine.to_device if engine.compiles_programs else None
    feed = make_feed(limited, part, batching, on_compile, buckets, shared, to_device)
    stretch = batching.stretch(engine.longest_stretch, feed.samples // batching.update_size)
    notes = [*dataset.notes, *chosen, *bucketed, *note_on_start(train.device, device)]
    dataset = replace(dataset, notes=notes)
    job = Job(experiment, folders, dataset, batching, judge, network, engine, feed, start, device, stretch, ranks)
    job.prepare()
    return job


def _expect(kind: str, experiment: Experiment, ranks: Ranks, *, debug: bool) -> None:
    """Begin what can go on while data is read: starting a device, or the process that compiles kernels."""
    expect_device(kind, experiment.train.devices, ranks)
    if kind in ("cpu", "auto") and not debug:
        library.expect()
    else:
        library.end_waiting()


def _shared_dataset(experiment: Experiment, folders: Sequence[Path], ranks: Ranks, watch: Watch) -> Dataset:
    """The data, prepared once for all ranks that have the same cache folder."""
    sampling = experiment.train.sampling
    dataset = ranks.beside(cache_root()).made_once(
        lambda: open_dataset(experiment.data, folders, sampling=sampling, watch=watch)
    )
    return replace(dataset, notes=[*notes_on_files(experiment.data, folders), *dataset.notes])


def _require_metrics(experiment: Experiment, judge: Judge, dataset: Dataset, network: Network) -> None:
    """Raise InputError for a metric that does not fit the task, or is watched where it cannot be defined."""
    make_meter(experiment.metrics, dataset.signature, network)
    answers = answers_of(dataset.signature)
    require_defined(judge.watched, experiment.metrics, answers, network, of_parts(dataset.parts))
