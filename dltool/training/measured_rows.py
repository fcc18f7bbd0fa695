"""The samples that a trained network is measured on: a part of the data it was trained with, or other files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dltool.config.data import PARTS
from dltool.config.experiment import Experiment
from dltool.data.dataset.config_sources import notes_on_files, place
from dltool.data.dataset.opening import open_dataset
from dltool.data.prediction.rows import ROWS, opened
from dltool.data.readers.reader import blaming
from dltool.data.samples.samples import joined_samples
from dltool.data.sources.source import Source
from dltool.errors import InputError
from dltool.training.checkpoint import Checkpoint
from dltool.training.continuing import CHANGED
from dltool.training.examples import Places
from dltool.training.portions import Portion, portions_of
from dltool.training.prediction import Predictor, note_imputed, note_unknown


def chosen_part(experiment: Experiment, part: str | None = None) -> str:
    """The part to evaluate, by default the last one in PARTS; raises InputError for a part that does not exist."""
    present = experiment.data.parts
    if part is None:
        return next(part for part in reversed(PARTS) if part in present)
    if part not in present:
        raise InputError(f"--part: the data has no {part} part; it has: {', '.join(present)}")
    return part


#: samples, and a function that returns the locations of some of them, if these are known
Portions = Iterator[tuple[Portion, Places | None]]


def portions_of_files(predictor: Predictor, paths: Sequence[str], report: Callable[[str], None]) -> Portions:
    """The samples of other files."""
    for _, source in predictor.sources_at(paths):
        yield from _source(predictor, source, [], report)


def _source(predictor: Predictor, source: Source, folders: Sequence[Path], report: Callable[[str], None]) -> Portions:
    with opened(source, predictor.preprocessing, folders) as opened_rows:
        told = opened_rows.notes
        for text in told:
            report(text)
        if predictor.network.in_streams:  # a stream may begin anywhere, so all of the text must be at hand
            whole = joined_samples([part for part, _ in opened_rows.parts()])
            yield from ((portion, None) for portion in portions_of(whole, in_streams=True))
        else:
            low = 0
            for part, rows in opened_rows.parts():
                yield Portion(part, low), lambda some, rows=rows: opened_rows.places(rows[list(some)].tolist())
                low += len(part)
    note_unknown(opened_rows.unknown, predictor.preprocessing.features, report)
    note_imputed(opened_rows.imputed, report)
    for text in opened_rows.notes[len(told) :]:
        report(text)


def portions_of_part(
    predictor: Predictor, checkpoint: Checkpoint, part: str, report: Callable[[str], None]
) -> Portions:
    """The samples of a part of the training data."""
    data, folders = predictor.experiment.data, [Path(folder) for folder in checkpoint.folders]
    own = getattr(data, part, None)
    if own is not None:  # the part has its own source, so the others are not needed
        with blaming(place(part, own)):
            own.files(folders)  # raises if they no longer exist
        yield from _source(predictor, own, folders, report)
        return
    for note in notes_on_files(data, folders):
        report(note)
    dataset = open_dataset(data, folders, checkpoint.preprocessing)
    if dataset.fingerprint != checkpoint.fingerprint:
        report(f"{CHANGED}: the {part} part is drawn anew, and may contain training rows")
    for portion in portions_of(dataset.parts[part], in_streams=predictor.network.in_streams, most=ROWS):
        yield portion, None
