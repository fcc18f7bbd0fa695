"""Predictions of a trained network: for prepared samples, and for files as columns of a table.

The predictions for a row do not depend on other rows: kernels and output activations work row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dltool.config.loading import from_resolved
from dltool.data.prediction.rows import Piece, PredictionRows, opened
from dltool.data.prediction.sources import PredictionSource, prediction_sources
from dltool.data.preprocessing.features import Preparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.outline import Request
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.data.sources.source import Source
from dltool.distributed.ranks import ALONE, Ranks
from dltool.errors import InputError, Problem
from dltool.formatting import plural
from dltool.runtime.device import CPU, Device
from dltool.runtime.engine import Engine
from dltool.runtime.plan import Evaluation
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.decision import deciding_signature
from dltool.training.evaluation import evaluation_networks
from dltool.training.portions import Portion
from dltool.training.reconstruction import reconstruction_errors

_PART = "samples"


class Predictor:
    """The network of a checkpoint, with averaged parameters if there are any."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        path: Path,
        *,
        threads: int | None = None,
        debug: bool = False,
        device: Device = CPU,
        ranks: Ranks = ALONE,
        on_compile: Callable[[str, float | None], None] | None = None,
    ):
        self.experiment = from_resolved(checkpoint.config)
        self.preprocessing = Preprocessing.from_json(checkpoint.preprocessing)
        counters = Counters.from_arrays(checkpoint.trainer)
        self.signature: Signature = deciding_signature(self.preprocessing.signature({}), self.experiment, counters)
        networks = evaluation_networks(self.experiment, self.signature, lower=device.lowers and not debug)
        self.network = networks[-1]
        train = self.experiment.train
        self._engine = Engine(
            [],
            networks,
            {},
            seed=train.seed,
            threads=threads or train.threads,
            debug=debug,
            device=device,
            ranks=ranks,
            on_compile=on_compile,
        )
        self.compile_seconds = self._engine.compile_seconds
        arrays = {name: checkpoint.arrays.get(f"{name}.average", one) for name, one in checkpoint.arrays.items()}
        if missing := [name for name in self._engine.shapes if name not in arrays]:
            message = f"lacks tensors that the network in its config needs: {', '.join(missing)}"
            raise InputError(Problem(message, where=str(path)))
        self._engine.write(arrays)

    def require_rows(self) -> None:
        """Raises InputError for a language model, which has no prediction for a row."""
        if self.signature.task == "tokens":
            raise InputError(
                "a language model continues a text: dltool generate CHECKPOINT --prompt TEXT; "
                "dltool eval CHECKPOINT FILE measures it on another text"
            )

    def sources_at(self, paths: Sequence[str]) -> Sequence[PredictionSource]:
        """Sources of samples at other paths; raises InputError if the training samples do not come from files."""
        return prediction_sources(self.experiment.data.source, paths, self.preprocessing.features)

    def run(self, part: Samples) -> Evaluation:
        """Losses of the samples by batch, and the network's outputs."""
        return self.run_portion(Portion(part))

    def run_portion(self, portion: Portion) -> Evaluation:
        """The same for samples that go on where others ended."""
        self._engine.attach(_PART, portion.samples, first=portion.first)
        return self._engine.evaluate(_PART, rows=portion.batches)

    def predictions(self, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Probabilities (n, k) of classes or labels, or numbers (n, k) in the units of the data, from raw outputs.

        Quantiles are (n, k, quantiles). `targets` are those of the same samples, as they are prepared.
        """
        predictions = self.signature.own_units(self.network.predictions(outputs), targets)
        if self.signature.classes and predictions.shape[1] == 1:
            return np.concatenate([1 - predictions, predictions], axis=1)
        return predictions

    def table(self, part: Samples, horizon: int = 1) -> dict[str, np.ndarray]:
        """The predictions for some samples as columns; with a `horizon` of several steps, each has a row."""
        outputs, signature = self.run(part).outputs, self.signature
        if signature.task == "inputs":
            return {"reconstruction_error": reconstruction_errors(signature, part, outputs)}
        return columns(signature, self.predictions(outputs, part.targets), self.network.quantiles, horizon)


def columns(
    signature: Signature, predictions: np.ndarray, quantiles: Sequence[float] = (), horizon: int = 1
) -> dict[str, np.ndarray]:
    """Predictions (n, k), or those of quantiles (n, k, quantiles), as the columns of a table.

    Numbers are float64, because float32 would lose small variations around a large value. Classes are names, labels
    are 0 and 1, and probabilities are float32. With a `horizon` of several steps, each has a row.
    """
    if signature.task == "numbers":
        targets = signature.targets
        if horizon > 1 and signature.forecast:
            targets = signature.forecast.columns
            predictions = predictions.reshape(-1, len(targets), *predictions.shape[2:])
        names = [f"prediction_{name}" for name in targets] if len(targets) > 1 else ["prediction"]
        if quantiles:
            names = [f"{name}_q{quantile:g}" for name in names for quantile in quantiles]
            predictions = predictions.reshape(len(predictions), -1)
        return dict(zip(names, predictions.astype(np.float64).T, strict=True))
    names = signature.classes or signature.targets
    chances = {
        f"probability_{name}": chance for name, chance in zip(names, predictions.astype(np.float32).T, strict=True)
    }
    if signature.classes:
        return {"prediction": np.array(signature.classes, object)[signature.decided(predictions)], **chances}
    answers = {f"prediction_{name}": chance > 0.5 for name, chance in zip(names, predictions.T, strict=True)}
    return {**{name: answer.astype(np.int8) for name, answer in answers.items()}, **chances}


@dataclass(frozen=True)
class Predicted:
    """The predictions for consecutive rows of one file."""

    columns: Mapping[str, np.ndarray]  # kept columns as texts and None, then predictions
    types: Mapping[str, str]  # SQL types of kept columns
    rows: int  # in the file
    done: int  # rows of the file that are done


class Predictions:
    """Predictions for all samples in files or folders, in order."""

    def __init__(self, predictor: Predictor, paths: Sequence[str], request: Request):
        predictor.require_rows()
        self._predictor, self._request = predictor, request
        self.sources = predictor.sources_at(paths)
        self._names: list[str] = []  # of the first file's columns
        self.unknown: Counter[str] = Counter()  # cells with values not seen in training, by column
        self.imputed: Counter[str] = Counter()  # missing cells that get a usual value without a mark, by column
        self.problems: list[Problem] = []  # of samples that could not be read, such as damaged images
        self._unread: list[Problem] = []  # of files that could not be read
        self.notes: list[str] = []  # about what was read
        self.bad: Counter[str] = Counter()  # unreadable cells, by column
        self.skipped = 0  # rows left out for an unreadable cell

    def tables(self) -> Generator[Predicted, None, None]:
        """Yield predictions in chunks; raises InputError at the end if a file, or every sample, cannot be read."""
        predicted = False
        for path, source in self.sources:
            for piece, samples in self._pieces(source):
                predicted = True
                rows = samples.rows - len(samples.failed)
                made = self._columns(piece, path, samples.horizon)
                yield Predicted(made, samples.kept_types, rows, min(rows, piece.high))
        if self._unread or (self.problems and not predicted):
            raise InputError(*self.problems, *self._unread)

    def _pieces(self, source: Source) -> Iterator[tuple[Piece, PredictionRows]]:
        """The samples of one source; problems of a source that cannot be read at all are recorded."""
        begun = False
        try:
            with opened(source, self._predictor.preprocessing, request=self._request) as samples:
                try:
                    for piece in samples.pieces():
                        if len(piece.samples):
                            begun = True
                            yield piece, samples
                finally:  # also if the caller stops early
                    self.problems += samples.failed
                    self.notes += samples.notes
                    self.unknown += samples.unknown
                    self.imputed += samples.imputed
                    self.skipped += samples.skipped
                    self.bad += samples.bad
        except InputError as error:
            if begun:
                raise
            self._unread += error.problems

    def _columns(self, piece: Piece, path: str, horizon: int) -> dict[str, np.ndarray]:
        predicted = self._predictor.table(piece.samples, horizon)
        if both := [name for name in piece.kept if name in predicted]:
            advice = "rename it in the file, or keep others: --keep NAME"
            message = f"column '{both[0]}' has the same name as a prediction; {advice}"
            raise InputError(Problem(message, path))
        made = {name: _with_none(texts) for name, texts in piece.kept.items()} | predicted
        self._names = self._names or list(made)
        if other := [*(made.keys() ^ self._names)]:
            message = f"column '{other[0]}' is not in all files; keep columns by name: --keep NAME"
            raise InputError(Problem(message, path))
        return {name: made[name] for name in self._names}


def _with_none(texts: np.ndarray) -> np.ndarray:
    """Masked texts as objects, with None for missing values."""
    filled = np.ma.getdata(texts).astype(object)
    filled[np.ma.getmaskarray(texts)] = None
    return filled


def note_bad(bad: Mapping[str, int], skipped: bool, report: Callable[[str], None]) -> None:
    """Report unreadable cells by column."""
    for column, cells in bad.items():
        what = "cell that cannot be read" if cells == 1 else "cells that cannot be read"
        report(f"column '{column}': {cells:,} {what}, {'their rows are left out' if skipped else 'taken as missing'}")


def note_imputed(imputed: Mapping[str, int], report: Callable[[str], None]) -> None:
    """Report missing values in columns where no training row lacked one, by column."""
    for column, count in imputed.items():
        if count:
            cells = "1 empty cell is" if count == 1 else f"{count:,} empty cells are"
            report(f"column '{column}': {cells} filled in with a typical value; no row to train on had one")


def note_unknown(unknown: Mapping[str, int], preparation: Preparation, report: Callable[[str], None]) -> None:
    """Report values that were not seen in training, by column."""
    for column, count in unknown.items():
        unit, what = preparation.units[column], "cell has a value" if count == 1 else "cells have values"
        if count:
            what = f"{count:,} {what}" if unit == "cell" else plural(count, unit)
            report(f"column '{column}': {what} not seen in training, taken as unknown")
