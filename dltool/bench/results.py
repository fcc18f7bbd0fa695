"""Results of a measurement, and their form as plain data for `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dltool.bench.footprint import Footprint
from dltool.bench.machine import Machine
from dltool.bench.profile import Profile
from dltool.bench.rounds import Speed
from dltool.bench.subject import Subject


@dataclass(frozen=True)
class Comparison:
    """The same training in PyTorch, in several forms; the fastest counts."""

    version: str
    speeds: Mapping[str, Speed]  # of each form
    form: str  # the fastest one
    footprint: Footprint  # of the fastest one

    @property
    def speed(self) -> Speed:
        """The speed of the fastest form."""
        return self.speeds[self.form]


@dataclass(frozen=True)
class Result:
    """One config on one number of threads."""

    subject: Subject
    machine: Machine
    threads: int
    speed: Speed
    footprint: Footprint
    compile_s: float
    profile: Profile
    torch: Comparison | None
    notes: tuple[str, ...]

    @property
    def gflops(self) -> float:
        """Billions of multiplications and additions per second."""
        work = self.subject.work
        return (work.per_sample * self.speed.samples_per_s + work.per_update * self.speed.steps_per_s) / 1e9

    @property
    def share_of_peak(self) -> float:
        """GFLOP/s as a share of the multiply-add peak of the same number of threads."""
        return self.gflops / self.machine.peak_gflops[self.threads]

    def times_faster(self, torch: Comparison) -> float:
        """Ratio of the medians of samples per second."""
        return self.speed.samples_per_s / torch.speed.samples_per_s

    def times_smaller(self, torch: Comparison) -> float:
        """Ratio of PyTorch's peak memory to dltool's."""
        return torch.footprint.peak_bytes / self.footprint.peak_bytes

    def times_sooner(self, torch: Comparison) -> float:
        """Ratio of PyTorch's start-up time to dltool's."""
        return torch.footprint.startup_s / self.footprint.startup_s

    def as_data(self) -> dict[str, Any]:
        """Plain data for JSON, floats with six significant digits."""
        data = {
            "config": str(self.subject.path),
            "threads": self.threads,
            "samples_per_s": self.speed.samples_per_s,
            "ms_per_step": self.speed.ms_per_step,
            "gflops": self.gflops,
            "share_of_peak": self.share_of_peak,
            "peak_memory_mb": self.footprint.peak_memory_mb,
            "startup_s": self.footprint.startup_s,
            "compile_s": self.compile_s,
            **({"against": {"torch": self._against(self.torch)}} if self.torch else {}),
            "name": self.subject.experiment.name,
            "spread": self.speed.spread,
            "flops_per_sample": self.subject.work.per_sample,
            "flops_per_update": self.subject.work.per_update,
            "state_bytes": self.subject.state_bytes,
            "arena_bytes": self.subject.arena_bytes,
            **asdict(self.profile),
            "machine": asdict(self.machine),
            "notes": list(self.notes),
        }
        return _six_digits(data)

    def _against(self, torch: Comparison) -> dict[str, Any]:
        return {
            "samples_per_s": torch.speed.samples_per_s,
            "ratio": self.times_faster(torch),
            "peak_memory_mb": torch.footprint.peak_memory_mb,
            "startup_s": torch.footprint.startup_s,
            "memory_ratio": self.times_smaller(torch),
            "startup_ratio": self.times_sooner(torch),
            "version": torch.version,
            "form": torch.form,
            **{form: asdict(speed) for form, speed in torch.speeds.items()},
        }


def _six_digits(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _six_digits(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_six_digits(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
