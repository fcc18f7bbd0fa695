"""The engine: the networks of a run on their data, with the state they share. Training and evaluation go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.distributed.ranks import ALONE, Ranks
from dltool.ops.graph import Node
from dltool.program.building import Network
from dltool.program.initial import initial_values
from dltool.runtime.backends import backend_of, thread_count
from dltool.runtime.device import CPU, Device
from dltool.runtime.dividing import run_divided
from dltool.runtime.evaluating import POOL_ROWS, by_length, consecutive, in_order, rows_of_batches
from dltool.runtime.feed import Span
from dltool.runtime.plan import Evaluation, StepPlan, StepResult, concatenated, runs_of_networks
from dltool.runtime.share import WHOLE, Share


class Engine:
    """Runs the training network, and the evaluation network on any part, over one state."""

    def __init__(
        self,
        training: Sequence[Network],
        evaluation: Sequence[Network],
        data: Mapping[str, Samples],
        *,
        seed: int,
        threads: int | str = "auto",
        debug: bool = False,
        device: Device = CPU,
        ranks: Ranks = ALONE,
        on_compile: Callable[[str, float | None], None] | None = None,
    ):
        """`training` are networks over the same parameters, of which each step runs one.

        Those of `evaluation` read ever longer texts: each sample runs in the first one that holds it, the last one
        holds all.
        """
        self._training, self._evaluation = training, evaluation
        self._data = dict(data)
        self._places: dict[str, tuple[int, Share]] = {}  # of spans of an epoch: where they begin, which share is here
        self._runners: dict[tuple[Network, str, bool], Any] = {}
        self.debug, self._ranks = debug, ranks
        networks = [*training, *evaluation]
        self.threads = 1 if debug or not device.lowers else thread_count(threads, training or evaluation, ranks.cores)
        self._backend = backend_of(training, evaluation, self.threads, debug, device, ranks, on_compile)
        for network in networks:
            for name, array in initial_values(network.graph.values.values(), seed):
                self._backend.write({name: array})

    @property
    def compile_seconds(self) -> float:
        """Spent on compiling so far."""
        return self._backend.compile_seconds

    @property
    def device_name(self) -> str:
        """What the networks run on, such as "NVIDIA H100"; empty for the processor."""
        return self._backend.device_name

    def device_limits(self) -> dict[str, Any]:
        """Name, product and memory speeds of the device, measured: GFLOP/s and GB/s."""
        flops, traffic = self._backend.limits()
        return {"name": self.device_name, "peak_gflops": flops / 1e9, "bandwidth_gb_per_s": traffic / 1e9}

    @property
    def compiles_programs(self) -> bool:
        """Whether networks are compiled for the data at hand, and run on a device with memory of its own."""
        return self._backend.compiles_programs

    @property
    def longest_stretch(self) -> int:
        """The most micro-batches of a training step that should run in one call."""
        return self._backend.longest(self._training[-1]) if self._training else 1

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all that a checkpoint holds: parameters, slots, averages and running statistics."""
        networks = *self._training, *self._evaluation
        return {value.name: value.shape for network in networks for value in network.graph.saved}

    @property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """The same as logical float32 arrays, each a copy made when it is asked for: training changes them."""
        return _Arrays(self._backend.read, tuple(self.shapes))

    def read(self) -> dict[str, np.ndarray]:
        """All arrays as they are now."""
        return dict(self.arrays)

    def gather(self) -> None:
        """Bring here what other ranks own of the arrays; all ranks call this before one of them reads any."""
        if self._ranks.size > 1:
            self._backend.gather()

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Set any of them; an average not given follows its parameter."""
        known = self.shapes
        given = {name: array for name, array in arrays.items() if name in known}
        for name in list(given):
            average = f"{name}.average"
            if average in known and average not in given:
                given[average] = given[name]
        self._backend.write(given)

    @property
    def ahead(self) -> int:
        """How many calls can be under way while another one is prepared: what they compute goes on by itself."""
        return self._backend.ahead

    def to_device(self, samples: Samples) -> Mapping[str, Any]:
        """Copies of samples on the device; another thread may make them while training goes on."""
        return self._backend.to_device([*self._evaluation, *self._training][-1].inputs(samples))

    def attach(
        self,
        part: str,
        samples: Samples,
        *,
        first: int = 0,
        share: Share = WHOLE,
        on_device: Mapping[str, Any] | None = None,
    ) -> None:
        """Go on with other samples in place of those of a part, if there were any.

        Where they are but a span of an epoch, it begins at position `first`, and they are a `share` of it. There may be
        copies of them `on_device` already.
        """
        self._data[part], self._places[part] = samples, (first, share)
        runners = [(key[0], runner) for key, runner in self._runners.items() if key[1] == part]
        if self.ahead and len(runners) > 1 and not on_device:  # they share the copies
            on_device = self.to_device(samples)
        for network, runner in runners:
            runner.attach(on_device or network.inputs(samples))

    def attach_span(self, span: Span) -> None:
        """Train on the samples of a span from now on, if that is not so already."""
        if span.samples is not self._data.get("train"):
            self.attach("train", span.samples, first=span.first, share=span.share, on_device=span.on_device)

    def train(self, part: str, plan: StepPlan, *, collect: bool) -> StepResult:
        """Run the micro-batches of a plan on a part of the data; other Python threads go on meanwhile."""
        return self.begin(part, plan, collect=collect)()

    def begin(self, part: str, plan: StepPlan, *, collect: bool) -> Callable[[], StepResult]:
        """Begin to run the micro-batches of a plan; what this returns waits for their result, and gives it.

        A device runs them while Python goes on. Other backends have run them when this returns.
        """
        placed = self._placed(part, plan)
        if len(self._training) == 1:
            return self._begun(self._runner(self._training[0], part, average=False), placed, collect=collect)
        begun = []
        for number, low, high in runs_of_networks(plan):
            runner = self._runner(self._training[number], part, average=False)
            begun.append(self._begun(runner, placed.taken(slice(low, high)), collect=collect))
        return lambda: concatenated([result() for result in begun])

    def _begun(self, runner: Any, plan: StepPlan, *, collect: bool) -> Callable[[], StepResult]:
        if self.ahead:
            return runner.begin(plan, collect=collect)
        return _known(runner.run(plan, collect=collect))

    def _placed(self, part: str, plan: StepPlan) -> StepPlan:
        """A plan that finds its samples among those at hand of a part."""
        first, share = self._places.get(part, (0, WHOLE))
        return replace(plan, origin=share.origins(plan.position, first))

    def prepare(
        self, plans: Sequence[StepPlan], *, collect: bool, part: str | None = None, use_average: bool = False
    ) -> None:
        """Have a device compile what training by some plans needs, and an evaluation of a part."""
        wanted = []
        for plan in plans:
            for number, low, high in runs_of_networks(plan):
                runner = self._runner(self._training[number], "train", average=False)
                wanted.append((runner, plan.taken(slice(low, high)), collect))
        network = self._evaluation[-1]
        if part and not network.in_streams:
            plan = consecutive(rows_of_batches(self._data[part], network), 0)
            wanted.append((self._runner(network, part, average=use_average), plan, True))
        self._backend.prepare(wanted)

    def profile(self, part: str, plan: StepPlan) -> tuple[Sequence[Node], np.ndarray]:
        """Train and count cycles: the nodes of a step, the cycles of each, and those waited at the end of each stage.

        The counts of all threads (threads, nodes + stages) are sums since the first call; only the cpu kernels count.
        """
        runner = self._runner(self._training[-1], part, average=False)
        runner.run(self._placed(part, plan), collect=False, timed=True)
        return runner.table.nodes, runner.table.ticks

    @property
    def undivided_rows(self) -> int:
        """Evaluating a part in pieces gives the same bits if all but the last have a multiple of this many rows."""
        return POOL_ROWS if len(self._evaluation) > 1 else self._evaluation[0].rows

    def evaluate(
        self, part: str, *, rows: np.ndarray | None = None, use_average: bool = False, alone: bool = False
    ) -> Evaluation:
        """Summed losses of the batches of a part, what they weigh, and the outputs for every sample.

        `rows` (n,) are the sizes of the batches, by default as large as they can be. All ranks evaluate a part
        together, unless each evaluates another one `alone`; averages are then gathered before.
        """
        return self.begin_evaluation(part, rows=rows, use_average=use_average, alone=alone)()

    def begin_evaluation(
        self, part: str, *, rows: np.ndarray | None = None, use_average: bool = False, alone: bool = False
    ) -> Callable[[], Evaluation]:
        """Begin such an evaluation; what this returns waits for its result, and gives it."""
        ranks = ALONE if alone else self._ranks
        if use_average and not alone:
            self.gather()
        samples = self._data[part]
        groups = list(by_length(self._evaluation, samples))
        if len(groups) < 2:
            network = self._evaluation[groups[0][0]]
            first, _ = self._places.get(part, (0, WHOLE))
            plan = consecutive(rows_of_batches(samples, network) if rows is None else rows, first)
            return self._evaluate(network, part, samples, plan, ranks, average=use_average)
        results = [
            self._evaluate_some(self._evaluation[number], part, samples.taken(members), ranks, average=use_average)()
            for number, members in groups
        ]
        losses, weights = (np.concatenate([getattr(one, name) for one in results]) for name in ("losses", "weights"))
        outputs = in_order([one.outputs for one in results], [members for _, members in groups])
        return _known(Evaluation(losses, weights, outputs))

    def _evaluate_some(
        self, network: Network, part: str, samples: Samples, ranks: Ranks, *, average: bool
    ) -> Callable[[], Evaluation]:
        """Begin to evaluate some samples of a part with one of the networks."""
        self._runner(network, part, average=average).attach(network.inputs(samples))
        plan = consecutive(rows_of_batches(samples, network), 0)
        return self._evaluate(network, part, samples, plan, ranks, average=average)

    def _evaluate(
        self, network: Network, part: str, samples: Samples, plan: StepPlan, ranks: Ranks, *, average: bool
    ) -> Callable[[], Evaluation]:
        runner = self._runner(network, part, average=average)
        if network.in_streams or ranks.size == 1:
            result = self._begun(runner, plan, collect=True)
        else:
            result = _known(run_divided(runner, plan, ranks))
        weights = network.weights(samples.targets, plan.rows, samples.weights)
        return lambda: _evaluation(result(), weights)

    def step(self, part: str, position: int) -> np.ndarray:
        """Outputs of the evaluation network for the only sample of a part, which is at a position of its sequence."""
        plan = consecutive(np.ones(1, np.int64), position)
        return self._runner(self._evaluation[-1], part, average=False).run(plan, collect=True).outputs[0]

    def _runner(self, network: Network, part: str, *, average: bool) -> Any:
        key = (network, part, average)
        if key not in self._runners:
            inputs = network.inputs(self._data[part])
            self._runners[key] = self._backend.runner(network, inputs, _averages(network) if average else {})
        return self._runners[key]


class _Arrays(Mapping[str, np.ndarray]):
    """Arrays by name, read one at a time."""

    def __init__(self, read: Callable[[str], np.ndarray], names: Sequence[str]):
        self._read, self._names = read, names

    def __getitem__(self, name: str) -> np.ndarray:
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _evaluation(result: StepResult, weights: np.ndarray) -> Evaluation:
    assert result.outputs is not None
    return Evaluation(result.losses, weights, result.outputs)


def _known(result: Any) -> Callable[[], Any]:
    """What waits for a result that is there already."""
    return lambda: result


def _averages(network: Network) -> dict[str, str]:
    """For each parameter that is trained, the name of its average."""
    return {value.name: f"{value.name}.average" for value in network.graph.parameters() if not value.frozen}
