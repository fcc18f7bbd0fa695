"""Explains a checkpoint: reads it and its data, and takes rows spread evenly over a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dltool.data.samples.samples import Samples, joined_samples
from dltool.errors import InputError
from dltool.explanation.explaining import Explanation, explain, require_explainable
from dltool.runtime.device import CPU, Device
from dltool.training.continuing import relocated
from dltool.training.counters import Counters
from dltool.training.measured_rows import Portions, chosen_part, portions_of_files, portions_of_part
from dltool.training.prediction import Predictor
from dltool.training.saving import find, load


@dataclass(frozen=True)
class ExplainedCheckpoint:
    """An explanation, and what it was made from."""

    path: Path
    predictor: Predictor
    epoch: int
    part: str | None  # None: other files
    total: int  # rows of the part, of which the explanation looks at some
    explanation: Explanation

    @property
    def where(self) -> str:
        """Which rows these are, in words."""
        return f"{self.part} part" if self.part else "other files"


def explain_checkpoint(
    target: Path,
    data: Sequence[str] = (),
    *,
    part: str | None = None,
    rows: int,
    shuffles: int,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    device: Device = CPU,
    note: Callable[[str], None],
    progress: Callable[[float], None],
    on_compile: Callable[[str, float | None], None] | None = None,
) -> ExplainedCheckpoint:
    """Explain a checkpoint, or the best one of a run, on up to `rows` rows.

    The rows come from the files or folders `data`, else from a part of the training data: the validation, test or
    training part, whichever exists first. `overrides` say where that data is, if it has moved.
    """
    path = find(target)
    checkpoint = relocated(load(path, note), overrides)
    predictor = Predictor(checkpoint, path, threads=threads, device=device, on_compile=on_compile)
    require_explainable(predictor)
    usual = "validation" if "validation" in predictor.experiment.data.parts else None
    chosen = None if data else chosen_part(predictor.experiment, part or usual)
    portions = (
        portions_of_part(predictor, checkpoint, chosen, note) if chosen else portions_of_files(predictor, data, note)
    )
    samples, total = _spread(portions, rows)
    explanation = explain(predictor, samples, shuffles=shuffles, progress=progress)
    epoch = Counters.from_arrays(checkpoint.trainer).epoch
    return ExplainedCheckpoint(path, predictor, epoch, chosen, total, explanation)


def _spread(portions: Portions, most: int) -> tuple[Samples, int]:
    """Up to `most` samples, evenly spaced, and how many there are; raises InputError if there are fewer than two."""
    kept: list[Samples] = []
    total, stride = 0, 1
    for portion, _ in portions:
        first = -total % stride
        kept.append(portion.samples.taken(slice(first, None, stride)))
        total += len(portion.samples)
        while sum(map(len, kept)) > most:
            kept = [joined_samples(kept).taken(slice(None, None, 2))]
            stride *= 2
    if total < 2:
        raise InputError("to shuffle columns among rows, at least two rows are needed")
    return joined_samples(kept), total
