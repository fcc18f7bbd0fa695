"""Labelled series in `.ts` files, the format of the UCR and UEA archives: one series a line, its class at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field

from dltool.data.gzipped import open_text
from dltool.data.paths import locate
from dltool.data.quoting import plural, shown
from dltool.data.sources.source import ArrayReader, Outline, Reader, Request, Source
from dltool.errors import InputError, Problem
from dltool.registry import register


@register("source", "series", main="path")
class Series(Source):
    """A .ts file: features (length, dimensions), all series of one length."""

    path: str
    normalize: bool = Field(default=False, description="give each series mean 0 and standard deviation 1")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The one."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the whole file."""
        path = locate(self.path, folders, "path")
        found = _parsed(path, labelled=request.targets)
        outline = Outline(
            where=str(path),
            place=lambda row: f"{path}:{found.lines[row]}",
            rows=len(found.values),
            task="classes",
            targets={"class": np.array(found.labels)} if request.targets else {},
            feature_shape=found.values[0].shape,
        )
        array = np.stack(found.values)
        return ArrayReader(outline, lambda: _normalized(array) if self.normalize else array)


@dataclass
class _Parsed:
    values: list[np.ndarray] = field(default_factory=list)  # (length, dimensions) each
    labels: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def _parsed(path: Path, *, labelled: bool) -> _Parsed:
    """All series; raises InputError with the line of one that cannot be taken."""
    found, has_labels = _Parsed(), True
    for number, line in _lines(path):
        where = f"{path}:{number}"
        if line.startswith("@"):
            if line.lower().split()[:2] == ["@classlabel", "false"]:
                has_labels = False
            continue
        dimensions = line.split(":")
        label = dimensions.pop().strip() if has_labels and len(dimensions) > 1 else ""
        if labelled and not label:
            raise InputError(Problem("no class behind the last ':'", where))
        values = np.stack([_numbers(text, where) for text in _alike(dimensions, where)], axis=1)
        if found.values and values.shape != found.values[0].shape:
            length, first = values.shape[0], found.values[0].shape[0]
            message = f"a series of {plural(length, 'value')}, the first one has {first}; all must be equally long"
            raise InputError(Problem(message, where))
        found.values.append(values)
        found.labels.append(label)
        found.lines.append(number)
    if not found.values:
        raise InputError(Problem("no series in this file", str(path)))
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith("#"):
                    yield number, line.strip()
    except (EOFError, OSError) as error:
        raise InputError(Problem(f"cannot be read: {error}", str(path))) from None


def _alike(dimensions: Sequence[str], where: str) -> Sequence[str]:
    lengths = [text.count(",") + 1 for text in dimensions]
    if len(set(lengths)) > 1:
        raise InputError(
            Problem(f"dimensions of {' and '.join(map(str, lengths))} values; all must have as many", where)
        )
    return dimensions


def _numbers(text: str, where: str) -> np.ndarray:
    values = np.empty(text.count(",") + 1)
    for i, word in enumerate(text.split(",")):
        try:
            values[i] = float(word)
        except ValueError:
            values[i] = np.nan
        if not np.isfinite(values[i]):
            message = f"value {i + 1} is {shown(word.strip())}, where a number is needed"
            raise InputError(Problem(message, where))
    return values


def _normalized(array: np.ndarray) -> np.ndarray:
    deviation = array.std(axis=1, keepdims=True)
    return (array - array.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)
