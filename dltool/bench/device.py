"""Measures configs on a GPU, or on the processor through XLA, optionally next to PyTorch's forms on the same device."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dltool.bench.exchange import write_exchange
from dltool.bench.process import DLTOOL, Process, Start
from dltool.bench.rounds import Speed, alternate
from dltool.bench.subject import Subject
from dltool.errors import DltoolError

PYTORCH = "dltool.bench.pytorch.device_worker"
#: PyTorch with fused optimizers and channels last, the whole step as a CUDA graph, and compiled
FORMS = {"cuda": ("eager", "graph", "compile"), "xla": ("eager",)}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """What a device can do, measured."""

    name: str
    peak_gflops: float  # of products of large matrices, in the precision of the training
    bandwidth_gb_per_s: float  # of its memory, two reads per write


@dataclass(frozen=True)
class DeviceResult:
    """The speed of one config on a device."""

    subject: Subject
    limits: Limits
    precision: str
    speed: Speed
    compile_s: float
    torch: Mapping[str, Speed]  # by form
    notes: Sequence[str]

    @property
    def step_s(self) -> float:
        """Seconds of an update of full batches."""
        return self._update_samples / self.speed.samples_per_s

    @property
    def gflops(self) -> float:
        """Operations per second of the training, in 10⁹."""
        work = self.subject.work
        return (work.per_sample * self._update_samples + work.per_update) / self.step_s / 1e9

    @property
    def _update_samples(self) -> int:
        train = self.subject.experiment.train
        return train.batch_size * train.accumulate

    @property
    def ratio(self) -> float | None:
        """Samples per second as a multiple of PyTorch's best form."""
        best = max((speed.samples_per_s for speed in self.torch.values()), default=None)
        return best and self.speed.samples_per_s / best

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "config": str(self.subject.path),
            "device": self.limits.name,
            "precision": self.precision,
            "batch_size": self.subject.experiment.train.batch_size,
            "samples_per_s": round(self.speed.samples_per_s, 1),
            "ms_per_step": round(1e3 * self.step_s, 5),
            "compile_s": round(self.compile_s, 3),
            "gflops": round(self.gflops, 1),
            "peak_gflops": round(self.limits.peak_gflops, 1),
            "bandwidth_gb_per_s": round(self.limits.bandwidth_gb_per_s, 1),
            "torch": {form: round(speed.samples_per_s, 1) for form, speed in self.torch.items()},
            "ratio": self.ratio,
            "notes": list(self.notes),
        }


def measure_device(subject: Subject, kind: str, *, forms: Sequence[str], report: Report) -> DeviceResult:
    """Train on a device in a process, in turn with some of PyTorch's `forms` in others."""
    precision = subject.experiment.train.precision
    with tempfile.TemporaryDirectory(prefix="dltool-bench-") as folder, ExitStack() as stack:
        start = Start(DLTOOL, {"config": str(subject.path), "overrides": [*subject.overrides, f"train.device={kind}"]})
        report("starting")
        dltool = stack.enter_context(Process(start))
        requests = {
            form: {
                "folder": folder,
                "device": "cuda" if kind == "cuda" else "cpu",
                "form": form,
                "precision": precision,
            }
            for form in forms
        }
        # all of them import their framework meanwhile, and then use the device one after the other
        waiting = {form: stack.enter_context(Process(Start(PYTORCH, request))) for form, request in requests.items()}
        facts, _ = dltool.open(on_note=lambda what: report(f"compiling {what}"))
        if waiting:
            write_exchange(subject.experiment, [subject.path.parent], Path(folder))
        torch: dict[str, Process] = {}
        notes: list[str] = []
        for form, process in waiting.items():
            report(f"PyTorch, {form}")
            try:
                process.open()
                torch[form] = process
            except DltoolError as error:
                notes.append(f"not compared with PyTorch's form {form}: {'; '.join(map(str, error.problems))}")
        speeds = alternate({"dltool": dltool, **torch}, report)
        limits = Limits(**dltool.ask("limits"))
    return DeviceResult(
        subject=subject,
        limits=limits,
        precision=precision,
        speed=speeds.pop("dltool"),
        compile_s=facts["compile_seconds"],
        torch=speeds,
        notes=notes,
    )
