"""Measures a config in separate processes, optionally next to PyTorch."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dltool.bench.exchange import write_exchange
from dltool.bench.footprint import compile_seconds, measure_footprints
from dltool.bench.machine import Machine
from dltool.bench.process import DLTOOL, PYTORCH, Process, Start
from dltool.bench.profile import Profile, make_profile
from dltool.bench.results import Comparison, Result
from dltool.bench.rounds import Speed, alternate
from dltool.bench.subject import Subject
from dltool.errors import InputError, did_you_mean
from dltool.kernels.bfloat16_unit import bfloat16_unit

FRAMEWORKS = ("torch",)
#: of PyTorch by precision: with default settings, and with its fused optimizers and channels last; tuned, and with
#: products of float32 that may read bfloat16, or with activations in bfloat16
FORMS = {"float32": ("plain", "tuned"), "bfloat16": ("medium", "autocast")}
PROFILE_SECONDS = 0.25
#: relative spread between rounds that is worth a note
NOISE = 0.2
#: smallest scaling efficiency at which threads are considered to have a core each
WHOLE_CORES = 0.85

Report = Callable[[str], None]


def check_against(against: str | None) -> None:
    """Raise InputError for an unsupported framework, or one that is not installed."""
    if against is not None and against not in FRAMEWORKS:
        raise InputError(f"--against: no comparison with '{against}'; {did_you_mean(against, FRAMEWORKS)}")
    if against is not None and find_spec(against) is None:
        raise InputError("--against torch: PyTorch is not installed; pip install 'dltool[compare]'")


@dataclass(frozen=True)
class Trained:
    """Results of processes that trained in turn."""

    threads: int
    speeds: Mapping[str, Speed]  # dltool, and the forms of PyTorch if it supports the config
    profile: Profile
    torch_version: str | None
    notes: list[str]

    @property
    def torch(self) -> dict[str, Speed]:
        """Of the forms of PyTorch."""
        return {form: speed for form, speed in self.speeds.items() if form != "dltool"}

    @property
    def torch_form(self) -> str | None:
        """PyTorch's fastest form."""
        return max(self.torch, key=lambda form: self.torch[form].samples_per_s, default=None)


def measure(
    subject: Subject, threads: Sequence[int], machine: Machine, *, against: str | None, report: Report
) -> Iterator[Result]:
    """Yield one result for each number of threads, by default the number that the config or the engine chooses."""
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder:
        exchange = Path(folder) if against else None
        if exchange:
            write_exchange(subject.experiment, [subject.path.parent], exchange)
        compiling = compile_seconds(_start(subject, None), report)
        for count in threads or (None,):
            start = _start(subject, count)
            trained = _train_in_turn(start, exchange, _forms(subject), report)
            yield _result(subject, machine, start, exchange, trained, compiling, report)


def _train_in_turn(start: Start, exchange: Path | None, forms: Sequence[str], report: Report) -> Trained:
    with ExitStack() as stack:
        report("starting")
        dltool = stack.enter_context(Process(start))
        facts, _ = dltool.open(on_note=lambda what: report(f"compiling {what}"))
        threads: int = facts["threads"]
        torch: dict[str, Process] = {}
        version, notes = None, []
        if exchange:
            try:
                torch, version = _open_torch(stack, exchange, threads, forms)
            except InputError as error:
                notes.append(f"not compared with PyTorch: {'; '.join(map(str, error.problems))}")
        speeds = alternate({"dltool": dltool, **torch}, report)
        counted = dltool.ask("profile", seconds=PROFILE_SECONDS)
        return Trained(threads, speeds, make_profile(counted, speeds["dltool"].ms_per_step), version, notes)


def _forms(subject: Subject) -> tuple[str, ...]:
    return FORMS["bfloat16" if subject.experiment.train.precision == "bfloat16" else "float32"]


def _open_torch(stack: ExitStack, exchange: Path, threads: int, forms: Sequence[str]) -> tuple[dict[str, Process], str]:
    """Forms of PyTorch, ready to train, and its version; raises InputError if it does not support the config."""
    opened: dict[str, Process] = {}
    version = ""
    for form in forms:
        opened[form] = stack.enter_context(Process(_torch_start(exchange, threads, form)))
        version = opened[form].open()[0]["version"]
    return opened, version


def _result(
    subject: Subject,
    machine: Machine,
    start: Start,
    exchange: Path | None,
    trained: Trained,
    compiling: float,
    report: Report,
) -> Result:
    starts, form = {"dltool": start}, trained.torch_form
    if exchange and form:
        starts["torch"] = _torch_start(exchange, trained.threads, form)
    footprints = measure_footprints(starts, report)
    torch = None
    if form and trained.torch_version:
        torch = Comparison(trained.torch_version, trained.torch, form, footprints["torch"])
    return Result(
        subject=subject,
        machine=machine,
        threads=trained.threads,
        speed=trained.speeds["dltool"],
        footprint=footprints["dltool"],
        compile_s=compiling,
        profile=trained.profile,
        torch=torch,
        notes=(*_unit(subject), *trained.notes, *_caveats(trained, machine)),
    )


def _unit(subject: Subject) -> Iterator[str]:
    if subject.experiment.train.precision == "bfloat16":
        yield f"products in bfloat16: {bfloat16_unit()}; the share of the peak is one of float32's"


def _caveats(trained: Trained, machine: Machine) -> Iterator[str]:
    """Reasons why the measurement may be unreliable."""
    noisy = [f"{name} by {speed.spread:.0%}" for name, speed in trained.speeds.items() if speed.spread > NOISE]
    if noisy:
        yield f"the machine was busy: rounds vary ({', '.join(noisy)}); measure again when it is idle"
    if trained.threads > machine.cores:
        yield f"{trained.threads} threads share {machine.cores} cores"
    elif (reached := machine.peak_gflops[trained.threads] / machine.peak_gflops[1]) < WHOLE_CORES * trained.threads:
        yield f"{trained.threads} threads reached only {reached:.2f} times the peak of one thread: some cores were busy"


def _start(subject: Subject, threads: int | None) -> Start:
    chosen = [] if threads is None else [f"train.threads={threads}"]
    return Start(DLTOOL, {"config": str(subject.path), "overrides": [*subject.overrides, *chosen]})


def _torch_start(exchange: Path, threads: int, form: str) -> Start:
    return Start(PYTORCH, {"folder": str(exchange), "threads": threads, "form": form})
