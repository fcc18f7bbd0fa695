"""Measuring a config in processes of its own, beside PyTorch where asked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dltool.bench.exchange import write_exchange
from dltool.bench.fresh import compile_seconds, start_afresh
from dltool.bench.machine import Machine
from dltool.bench.process import DLTOOL, PYTORCH, Process, Start
from dltool.bench.profile import Profile, make_profile
from dltool.bench.results import Comparison, Result
from dltool.bench.rounds import Speed, alternate
from dltool.bench.subject import Subject
from dltool.errors import InputError, did_you_mean

FRAMEWORKS = ("torch",)
#: PyTorch as it comes, and with its fused optimizers
FORMS = ("plain", "tuned")
PROFILE_SECONDS = 0.25
#: rounds that differ by more than this share of their median are worth a note
NOISE = 0.2
#: threads that reach less than this share of as many single threads do not have a core each
WHOLE_CORES = 0.85

Tell = Callable[[str], None]


def check_against(against: str | None) -> None:
    """Raise InputError for a framework that there is no comparison with, or that is not installed."""
    if against is not None and against not in FRAMEWORKS:
        raise InputError(f"--against: no comparison with '{against}'; {did_you_mean(against, FRAMEWORKS)}")
    if against is not None and find_spec(against) is None:
        raise InputError("--against torch: PyTorch is not installed; pip install 'dltool[compare]'")


@dataclass(frozen=True)
class Trained:
    """What processes that trained in turn have told."""

    threads: int
    speeds: Mapping[str, Speed]  # dltool and, where PyTorch can train this, both of its forms
    profile: Profile
    torch_version: str | None
    notes: list[str]

    @property
    def torch_form(self) -> str | None:
        """PyTorch's faster form."""
        forms = [form for form in FORMS if form in self.speeds]
        return max(forms, key=lambda form: self.speeds[form].samples_per_s, default=None)


def measure(
    subject: Subject, threads: Sequence[int], machine: Machine, *, against: str | None, tell: Tell
) -> Iterator[Result]:
    """One result for each number of threads; without any, on as many as the config or the engine chooses."""
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder:
        exchange = Path(folder) if against else None
        if exchange:
            write_exchange(subject.experiment, [subject.path.parent], exchange)
        compiling = compile_seconds(_start(subject, None), tell)
        for count in threads or (None,):
            start = _start(subject, count)
            trained = _train_in_turn(start, exchange, tell)
            yield _result(subject, machine, start, exchange, trained, compiling, tell)


def _train_in_turn(start: Start, exchange: Path | None, tell: Tell) -> Trained:
    with ExitStack() as stack:
        tell("starting")
        dltool = stack.enter_context(Process(start))
        facts, _ = dltool.open(on_note=lambda kernel: tell(f"compiling {kernel}"))
        threads: int = facts["threads"]
        torch: dict[str, Process] = {}
        version, notes = None, []
        if exchange:
            try:
                torch, version = _open_torch(stack, exchange, threads)
            except InputError as error:
                notes.append(f"cannot be compared with PyTorch: {'; '.join(map(str, error.problems))}")
        speeds = alternate({"dltool": dltool, **torch}, tell)
        counted = dltool.ask("profile", seconds=PROFILE_SECONDS)
        return Trained(threads, speeds, make_profile(counted, speeds["dltool"].ms_per_step), version, notes)


def _open_torch(stack: ExitStack, exchange: Path, threads: int) -> tuple[dict[str, Process], str]:
    """Both forms, ready to train, and PyTorch's version; raises InputError where it cannot train this."""
    forms: dict[str, Process] = {}
    version = ""
    for form in FORMS:
        forms[form] = stack.enter_context(Process(_torch_start(exchange, threads, form)))
        version = forms[form].open()[0]["version"]
    return forms, version


def _result(
    subject: Subject,
    machine: Machine,
    start: Start,
    exchange: Path | None,
    trained: Trained,
    compiling: float,
    tell: Tell,
) -> Result:
    starts, form = {"dltool": start}, trained.torch_form
    if exchange and form:
        starts["torch"] = _torch_start(exchange, trained.threads, form)
    footprints = start_afresh(starts, tell)
    torch = None
    if form and trained.torch_version:
        plain, tuned = (trained.speeds[name] for name in FORMS)
        torch = Comparison(trained.torch_version, plain, tuned, form, footprints["torch"])
    return Result(
        subject=subject,
        machine=machine,
        threads=trained.threads,
        speed=trained.speeds["dltool"],
        footprint=footprints["dltool"],
        compile_s=compiling,
        profile=trained.profile,
        torch=torch,
        notes=(*trained.notes, *_doubts(trained, machine)),
    )


def _doubts(trained: Trained, machine: Machine) -> Iterator[str]:
    """Reasons not to trust the figures too much."""
    noisy = [f"{name} by {speed.spread:.0%}" for name, speed in trained.speeds.items() if speed.spread > NOISE]
    if noisy:
        yield f"the machine was busy: rounds differ ({', '.join(noisy)}); measure again when it is idle"
    if trained.threads > machine.cores:
        yield f"{trained.threads} threads share {machine.cores} cores"
    elif (reached := machine.peak_gflops[trained.threads] / machine.peak_gflops[1]) < WHOLE_CORES * trained.threads:
        yield f"the peak of {trained.threads} threads was only {reached:.2f} times that of one: some cores were busy"


def _start(subject: Subject, threads: int | None) -> Start:
    chosen = [] if threads is None else [f"train.threads={threads}"]
    return Start(DLTOOL, {"config": str(subject.path), "overrides": [*subject.overrides, *chosen]})


def _torch_start(exchange: Path, threads: int, form: str) -> Start:
    return Start(PYTORCH, {"folder": str(exchange), "threads": threads, "tuned": form == "tuned"})
