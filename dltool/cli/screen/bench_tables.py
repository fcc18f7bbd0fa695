"""The tables of `dltool bench`."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.bench.machine import Machine
from dltool.bench.results import Comparison, Result
from dltool.cli.screen.table import write_table
from dltool.formatting import duration, plural, rate, size

#: smallest share of a step with which an op of a layer is listed
SHOWN = 0.005


def write_machine(machine: Machine) -> None:
    """The limits of the machine."""
    rows = [
        (str(threads), f"{peak:.1f}", f"{machine.bandwidth_gb_per_s[threads]:.1f}")
        for threads, peak in machine.peak_gflops.items()
    ]
    header = ("threads", "multiply-add peak, GFLOP/s", "memory, GB/s")
    write_table(f"{machine.processor}, {machine.cores} cores, tiles of {machine.tile}", header, rows, right=(0, 1, 2))


def write_results(results: Sequence[Result]) -> None:
    """Speed, memory and start-up of each config."""
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
            f"{result.speed.ms_per_step:.4g}",
            f"{result.gflops:.3g}",
            _share(result.share_of_peak),
            size(result.footprint.peak_bytes),
            size(result.subject.arena_bytes),
            size(result.subject.state_bytes),
            duration(result.footprint.startup_s),
            duration(result.compile_s),
        )
        for result in results
    ]
    write_table("training", header, rows, right=range(1, len(header)))


def write_torch(compared: Sequence[tuple[Result, Comparison]]) -> None:
    """The same for PyTorch, and the ratios."""
    forms = dict.fromkeys(form for _, torch in compared for form in torch.speeds)
    header = (
        "config",
        "threads",
        *(f"{form}, samples/s" for form in forms),
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
            *(rate(torch.speeds[form].samples_per_s) if form in torch.speeds else "" for form in forms),
            _times(result.times_faster(torch)),
            size(torch.footprint.peak_bytes),
            _times(result.times_smaller(torch)),
            duration(torch.footprint.startup_s),
            _times(result.times_sooner(torch)),
        )
        for result, torch in compared
    ]
    title = f"PyTorch {compared[0][1].version}, and how many times better than its fastest form dltool is"
    write_table(title, header, rows, right=range(1, len(header)))


def write_profile(result: Result) -> None:
    """Where the time of a step goes: by layer, by op, and by both."""
    profile, step = result.profile, result.speed.ms_per_step
    unit, factor, digits = ("µs", 1000, 2) if step < 1 else ("ms", 1, 3)
    time = lambda ms: f"{ms * factor:.{digits}f}"  # noqa: E731
    where = name_of(result)
    layers = [
        (
            layer.layer,
            *map(time, (layer.forward_ms, layer.backward_ms, layer.update_ms, layer.ms)),
            _share(layer.share),
        )
        for layer in profile.layers
    ]
    waiting = ("waiting", "", "", "", time(profile.waiting_ms), _share(profile.waiting_share))
    header = ("layer", *(f"{name}, {unit}" for name in ("forward", "backward", "update", "all")), "share")
    totals = ("step", "", "", "", time(step), _share(1))
    write_table(where, header, [*layers, waiting], right=range(1, 6), totals=totals)
    ops = [
        (op.op, op.direction, time(op.ms), _share(op.share), f"{op.gflops:.3g}" if op.gflops else "")
        for op in profile.ops
    ]
    write_table(f"{where}, by op", ("op", "direction", unit, "share", "GFLOP/s"), ops, right=(2, 3, 4))
    _write_layer_ops(result, where)


def _write_layer_ops(result: Result, where: str) -> None:
    """The ops of each layer with a noticeable share, in the order of the step."""
    peak = result.machine.peak_gflops[result.threads]
    shown = [op for op in result.profile.layer_ops if op.share >= SHOWN]
    rows = [
        (
            op.layer,
            op.op,
            op.direction,
            f"{1000 * op.ms:.3g}" if op.ms < 1 else f"{1000 * op.ms:.0f}",
            _share(op.share),
            *((f"{op.gflops:.3g}", _share(op.gflops / peak)) if op.gflops else ("", "")),
        )
        for op in shown
    ]
    others = sum(op.share for op in result.profile.layer_ops) - sum(op.share for op in shown)
    rows.append(("others", "", "", f"{1000 * others * result.speed.ms_per_step:.0f}", _share(others), "", ""))
    header = ("layer", "op", "direction", "µs", "share", "GFLOP/s", "of peak")
    write_table(f"{where}, by layer and op", header, rows, right=(3, 4, 5, 6))


def name_of(result: Result) -> str:
    """The config and number of threads of a result."""
    return f"{result.subject.experiment.name} on {plural(result.threads, 'thread')}"


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _times(ratio: float) -> str:
    return f"{ratio:.3g}×"
