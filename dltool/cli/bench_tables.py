"""The tables of `dltool bench`."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.bench.machine import Machine
from dltool.bench.results import Comparison, Result
from dltool.cli.figures import duration, rate
from dltool.cli.table import write_table


def write_machine(machine: Machine) -> None:
    """The limits of the machine."""
    rows = [
        (str(threads), f"{peak:.1f}", f"{machine.bandwidth_gb_per_s[threads]:.1f}")
        for threads, peak in machine.peak_gflops.items()
    ]
    header = ("threads", "multiply-add peak, GFLOP/s", "memory, GB/s")
    write_table(f"{machine.processor}, {machine.cores} cores", header, rows, right=(0, 1, 2))


def write_results(results: Sequence[Result]) -> None:
    """How fast each config trains, and what it needs."""
    header = (
        "config",
        "threads",
        "samples/s",
        "ms/step",
        "GFLOP/s",
        "of peak",
        "peak memory",
        "activations",
        "state",
        "start-up",
        "compiling",
    )
    rows = [
        (
            result.subject.experiment.name,
            str(result.threads),
            rate(result.speed.samples_per_s),
            _ms(result.speed.ms_per_step),
            f"{result.gflops:.3g}",
            _share(result.share_of_peak),
            _megabytes(result.footprint.peak_memory_mb),
            _megabytes(result.subject.arena_bytes / 2**20),
            _megabytes(result.subject.state_bytes / 2**20),
            duration(result.footprint.startup_s),
            duration(result.compile_s),
        )
        for result in results
    ]
    write_table("training", header, rows, right=range(1, len(header)))


def write_torch(compared: Sequence[tuple[Result, Comparison]]) -> None:
    """The same in PyTorch, and how many times better dltool is."""
    header = (
        "config",
        "threads",
        "plain, samples/s",
        "tuned, samples/s",
        "faster",
        "peak memory",
        "smaller",
        "start-up",
        "sooner",
    )
    rows = [
        (
            result.subject.experiment.name,
            str(result.threads),
            rate(torch.plain.samples_per_s),
            rate(torch.tuned.samples_per_s),
            _times(result.times_faster(torch)),
            _megabytes(torch.footprint.peak_memory_mb),
            _times(result.times_smaller(torch)),
            duration(torch.footprint.startup_s),
            _times(result.times_sooner(torch)),
        )
        for result, torch in compared
    ]
    title = f"PyTorch {compared[0][1].version}, and how much faster, smaller and sooner dltool is than its faster form"
    write_table(title, header, rows, right=range(1, len(header)))


def write_profile(result: Result) -> None:
    """Where the time of a step goes: by layer, then by op."""
    profile, step = result.profile, result.speed.ms_per_step
    where = f"{result.subject.experiment.name} on {threads_of(result.threads)}"
    layers = [
        (
            layer.layer,
            _ms(layer.forward_ms),
            _ms(layer.backward_ms),
            _ms(layer.update_ms),
            _ms(layer.forward_ms + layer.backward_ms + layer.update_ms),
            _share(layer.share),
        )
        for layer in profile.layers
    ]
    waiting = ("waiting", "", "", "", _ms(profile.waiting_ms), _share(profile.waiting_share))
    header = ("layer", "forward, ms", "backward, ms", "update, ms", "all, ms", "share")
    totals = ("step", "", "", "", _ms(step), _share(1))
    write_table(where, header, [*layers, waiting], right=range(1, 6), totals=totals)
    ops = [
        (op.op, op.direction, _ms(op.ms), _share(op.share), f"{op.gflops:.3g}" if op.gflops else "")
        for op in profile.ops
    ]
    header = ("op", "direction", "ms", "share", "GFLOP/s")
    write_table(f"{where}, by op", header, ops, right=(2, 3, 4))


def threads_of(count: int) -> str:
    """How many threads, in words."""
    return "1 thread" if count == 1 else f"{count} threads"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.4f}" if milliseconds < 1 else f"{milliseconds:.4g}"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _times(ratio: float) -> str:
    return f"{ratio:.3g}×"


def _megabytes(megabytes: float) -> str:
    return f"{megabytes:.3g} MB"
