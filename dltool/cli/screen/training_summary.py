"""The outcome of a training: its metrics as JSON or as closing lines, and the next command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dltool.formatting import duration, metrics_line, number, quoted

if TYPE_CHECKING:
    from dltool.training.outcome import Outcome
    from dltool.training.run_directory import RunDirectory

_ENDINGS = {
    "finished": "finished",
    "early_stopping": "stopped early",
    "signal": "stopped by a signal",
}


def as_data(
    outcome: Outcome, run: RunDirectory, compile_seconds: float, warnings: Sequence[str] = ()
) -> dict[str, Any]:
    """The outcome as plain data."""
    return {
        "run": str(run.root),
        "reason": outcome.reason,
        "epochs": outcome.epochs,
        "steps": outcome.steps,
        **{part: outcome.metrics.get(part, {}) for part in ("train", "validation", "test")},
        "positive_class": outcome.positive_class,
        "best": outcome.best,
        "baselines": outcome.baselines,
        "weights": _weights(outcome),
        "seconds": round(outcome.seconds, 6),
        "compile_seconds": round(compile_seconds, 6),
        "checkpoint": str(outcome.checkpoint),
        "report": str(run.report) if run.report.exists() else None,
        "warnings": list(warnings),
    }


def as_lines(outcome: Outcome, run: RunDirectory) -> list[str]:
    """The outcome in a few lines of text, with the next command last."""
    lines = [
        f"{_ENDINGS[outcome.reason]} after {_epochs(outcome)}, {outcome.steps:,} steps, {duration(outcome.seconds)}"
    ]
    classes = outcome.positive_class
    for part, metrics in outcome.metrics.items():
        lines.append(f"{part:<11}{metrics_line(metrics, classes)}  (epoch {outcome.metrics_epoch})")
    for name, metrics in outcome.baselines.items():
        if metrics:
            lines.append(f"{name:<11}{metrics_line(metrics, classes)}  (baseline)")
    if outcome.remark:
        lines.append(f"note       {outcome.remark}")
    if outcome.best:
        monitor = outcome.best["monitor"]
        lines.append(f"best       epoch {outcome.best['epoch']}, {monitor} {number(outcome.best['value'])}")
    lines.append(f"checkpoint {outcome.checkpoint}")
    if run.report.exists():
        lines.append(f"report     {run.report}")
    verb = "resume" if outcome.reason == "signal" else "eval"
    lines.append(f"next       dltool {verb} {quoted(run.root)}")
    return lines


def as_one_line(outcome: Outcome, run: RunDirectory) -> str:
    """The outcome in one line of text."""
    part = next((part for part in ("test", "validation", "train") if part in outcome.metrics), None)
    best = "" if outcome.metrics_epoch == outcome.epochs else f"best epoch {outcome.metrics_epoch}: "
    metrics = f" · {best}{part} {metrics_line(outcome.metrics[part], outcome.positive_class)}" if part else ""
    end = f"to continue: dltool resume {quoted(run.root)}" if outcome.reason == "signal" else str(outcome.checkpoint)
    return f"{_ENDINGS[outcome.reason]} after {_epochs(outcome)}{metrics} · {end}"


def _epochs(outcome: Outcome) -> str:
    return f"{outcome.epochs} epoch{'' if outcome.epochs == 1 else 's'}"


def _weights(outcome: Outcome) -> str:
    """The epoch whose parameters the metrics and the checkpoint have."""
    return "final" if outcome.metrics_epoch == outcome.epochs else f"epoch {outcome.metrics_epoch}'s"
