"""Labeled series in `.ts` files, the format of the UCR and UEA archives: one series per line, its class at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from dltool.data.arrays.values import LARGEST, unusable
from dltool.data.files.paths import locate
from dltool.data.files.quoting import shown
from dltool.data.files.text_lines import filled_lines
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import ArrayReader, Reader
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem, did_you_mean
from dltool.formatting import plural
from dltool.registry import register

#: the replacement for undecodable bytes
REPLACED = "\ufffd"


@register("source", "series", main="path")
class Series(Source):
    """A .ts file of series, features (length, dimensions), and a class or a number as the target.

    Shorter series are padded behind; layers that combine steps leave the padding out.
    """

    mixed_units: ClassVar[bool] = True

    path: str
    length: PositiveInt | None = Field(
        default=None, description="number of values that series are padded to; by default the most of the training part"
    )
    normalize: bool = Field(default=False, description="give each series mean 0 and standard deviation 1")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The file."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the whole file."""
        path = locate(self.path, folders, "path")
        dimensions = request.shape[-1] if request.shape and not request.targets else None
        found = _Found(path, labeled=request.targets, dimensions=dimensions)
        series = [_normalized(one) for one in found.series] if self.normalize else found.series
        lengths = [len(one) for one in series]
        fixed = bool(request.fitted.get("padded")) if request.shape else None
        longest = request.shape[0] if request.shape else self.length or max(lengths)
        padded = min(lengths) < longest if fixed is None else fixed
        found.require_header_kept()
        self._require_lengths(found, longest, padded=padded)
        array = np.stack([_padded(one, longest) for one in series])
        outline = Outline(
            where=str(path),
            place=lambda row: f"{path}:{found.lines[row]}",
            rows=len(array),
            task="numbers" if found.numbers else "classes",
            targets=found.targets() if request.targets else {},
            feature_shape=array.shape[1:],
            padded=padded,
            fitted={"padded": padded},
        )
        keep = request.keep_all or "line" in request.keep
        return SeriesReader(outline, array, found.lines if keep else None)

    def _require_lengths(self, found: _Found, longest: int, *, padded: bool) -> None:
        """Raises InputError for a series that is too long, or too short where no series is padded."""
        most_values = max(map(len, found.series))
        for series, line in zip(found.series, found.lines, strict=True):
            count = plural(len(series), "value")
            if len(series) > longest:
                most = f"'length' is {longest}" if self.length == longest else f"the longest to train on has {longest}"
                message = f"a series of {count}, {most}; for longer ones: length: {most_values}"
                raise InputError(Problem(message, f"{found.path}:{line}"))
            if len(series) < longest and not padded:
                message = (
                    f"a series of {count}, all to train on have {longest}; to pad shorter ones: length: {longest + 1}"
                )
                raise InputError(Problem(message, f"{found.path}:{line}"))


class SeriesReader(ArrayReader):
    """Series of one length, and their line numbers if these are to be kept."""

    def __init__(self, outline: Outline, array: np.ndarray, lines: Sequence[int] | None):
        super().__init__(outline, lambda: array)
        self._lines = lines

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The line numbers."""
        return {} if self._lines is None else {"line": np.array(list(map(str, self._lines[low:high])), dtype=object)}

    def kept_types(self) -> dict[str, str]:
        """A whole number."""
        return {} if self._lines is None else {"line": "BIGINT"}


class _Found:
    """All series of a file, with labels and lines; raises InputError with the line of an unusable one.

    With `dimensions` given, a line with that number of dimensions has no label.
    """

    def __init__(self, path: Path, *, labeled: bool, dimensions: int | None):
        self.path, self._dimensions = path, dimensions or 1
        self.series: list[np.ndarray] = []  # (length, dimensions) each
        self.labels: list[str] = []
        self.lines: list[int] = []
        self.numbers = False  # the target is a number, not a class
        self._has_labels = True
        self._equal_length = False
        self._classes: list[str] = []
        for number, line in filled_lines(path, strict=False):  # comments may be in any encoding
            if line.startswith("@"):
                self._take_directive(line)
            elif not line.startswith("#"):
                self._take_series(_text(line, f"{path}:{number}"), f"{path}:{number}", labeled=labeled)
                self.lines.append(number)
        if not self.series:
            raise InputError(Problem("no series in this file", str(path)))

    def targets(self) -> Mapping[str, np.ndarray]:
        """Numbers, or classes as text."""
        if not self.numbers:
            return {"class": np.array(self.labels, dtype=object)}
        places = (f"{self.path}:{line}" for line in self.lines)
        return {"target": np.array([_target(*one) for one in zip(self.labels, places, strict=True)])}

    def require_header_kept(self) -> None:
        """Raises InputError for a series of another length, where the header says that all have the same."""
        first = len(self.series[0])
        for series, line in zip(self.series, self.lines, strict=True):
            if self._equal_length and len(series) != first:
                message = f"a series of {plural(len(series), 'value')}, the first one has {first}, but the header says"
                hint = (
                    "that all have the same length (@equalLength true); is it cut short? otherwise: @equalLength false"
                )
                raise InputError(Problem(f"{message} {hint}", f"{self.path}:{line}"))

    def _take_directive(self, line: str) -> None:
        name, *values = line.split()
        if name.lower() == "@equallength":
            self._equal_length = values[:1] == ["true"]
        if name.lower() in ("@classlabel", "@targetlabel") and values:
            self._has_labels = values[0].lower() == "true"
            self.numbers, self._classes = name.lower() == "@targetlabel", values[1:]

    def _take_series(self, line: str, where: str, *, labeled: bool) -> None:
        if line.startswith("("):
            message = "holds (time,value) pairs; leave the times out, as all series must have the same times"
            raise InputError(Problem(message, where))
        dimensions = line.split(":")
        label = dimensions.pop().strip() if self._has_labels and len(dimensions) > self._dimensions else ""
        if labeled and not label:
            why = "" if self._has_labels else ": the header says that there is none (@classLabel false)"
            raise InputError(Problem(f"no class after the last ':'{why}", where))
        if labeled and self._classes and label not in self._classes:
            hint = did_you_mean(label, self._classes)
            raise InputError(Problem(f"class {shown(label)} is not one that @classLabel lists; {hint}", where))
        values = [_numbers(text, where) for text in dimensions]
        lengths = list(dict.fromkeys(map(len, values)))
        if len(lengths) > 1:
            numbers = " and ".join(map(str, lengths))
            raise InputError(Problem(f"dimensions of {numbers} values; all must have the same number", where))
        self._require_alike(len(values), where)
        self.series.append(np.stack(values, axis=1))
        self.labels.append(label)

    def _require_alike(self, dimensions: int, where: str) -> None:
        first = self.series[0].shape[1] if self.series else dimensions
        if dimensions != first:
            message = f"a series of {plural(dimensions, 'dimension')}, the first one has {first}"
            raise InputError(Problem(message, where))


def _text(line: str, where: str) -> str:
    """A line without surrounding blanks; raises InputError for undecodable bytes."""
    if REPLACED in line:
        raise InputError(Problem("not UTF-8 text; save the file as such", where))
    return line.strip()


def _target(word: str, where: str) -> float:
    """The number after the last ':'."""
    number = _number(word)
    if not abs(number) <= LARGEST:
        raise InputError(Problem(f"the target is {shown(word)}, where a number that fits float32 is needed", where))
    return number


def _numbers(text: str, where: str) -> np.ndarray:
    """Values (n,) separated by commas; raises InputError for values that are not numbers or exceed float32."""
    words = text.split(",")
    if words == [""]:
        raise InputError(Problem("a series without values", where))
    try:
        values = np.array(words if "_" not in text else [], dtype=np.float64)
    except ValueError:
        values = np.empty(0)
    if len(values) != len(words):
        values = np.array([_number(word) for word in words])
    bad = np.flatnonzero(unusable(values))
    if bad.size:
        word = words[bad[0]].strip()
        hint = "; a missing value must be filled in first" if word.lower() in ("?", "nan", "") else ""
        message = f"value {bad[0] + 1} is {shown(word)}, where a number that fits float32 is needed{hint}"
        raise InputError(Problem(message, where))
    return values


def _number(word: str) -> float:
    """A word as a number, else NaN; also for 1_0, which Python accepts."""
    try:
        return float(word) if "_" not in word else np.nan
    except ValueError:
        return np.nan


def _normalized(series: np.ndarray) -> np.ndarray:
    """Each dimension of a series (length, dimensions) with mean 0 and standard deviation 1; constant ones become 0."""
    mean, deviation = series.mean(axis=0), series.std(axis=0)
    constant = np.ptp(series, axis=0) == 0
    return np.where(constant, 0, series - mean) / np.where(constant | (deviation == 0), 1, deviation)


def _padded(series: np.ndarray, length: int) -> np.ndarray:
    """A series (n, dimensions) with NaN behind, up to a length."""
    return np.pad(series, ((0, length - len(series)), (0, 0)), constant_values=np.nan)
