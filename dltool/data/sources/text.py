"""Text, one line per sample, with the label in front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from dltool.data.files.paths import locate
from dltool.data.files.quoting import shown
from dltool.data.files.text_lines import Encoding, filled_lines
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import Raw, Reader
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem
from dltool.registry import register

#: lines that are read at a time
CHUNK = 1 << 16


@register("source", "text", main="path")
class TextLines(Source):
    """Lines of a label, a separator (by default a tab) and text; empty lines are skipped, quotes mean nothing."""

    path: str
    separator: Annotated[str, Field(min_length=1)] = Field(default="\t", description="between label and text")
    prefix: str = Field(default="", description="in front of every label, to remove: '__label__' in files for fastText")
    encoding: Encoding = "utf-8"

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The file."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the labels."""
        return TextReader(locate(self.path, folders, "path"), self, request)


class TextReader(Reader):
    """Lines of a file."""

    def __init__(self, path: Path, source: TextLines, request: Request):
        self._path, self._source = path, source
        self._keep = [name for name in ("line", "text") if request.keep_all or name in request.keep]
        self._classes = None if request.targets else frozenset(request.classes)
        self._passed, self._texts = -1, iter(())  # samples whose text was kept, and the texts after them
        labels: list[str] = []
        self._lines: list[int] = []  # of each sample, from 1
        for number, line in filled_lines(path, source.encoding):
            if "\0" in line:
                raise InputError(Problem("holds a NUL character, so it is not text", f"{path}:{number}"))
            if request.targets:
                labels.append(self._label(line, number))
            self._lines.append(number)
        if not self._lines:
            raise InputError(Problem("the file is empty", str(path)))
        self.outline = Outline(
            where=str(path),
            place=lambda row: f"{path}:{self._lines[row]}",
            rows=len(self._lines),
            task="classes",
            targets={"label": np.array(labels, dtype=object)} if request.targets else {},
            columns={"text": "prose"},
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """The text of each line, without a label."""
        texts = map(self._text, self._filled())
        while chunk := list(islice(texts, CHUNK)):
            yield {"text": np.ma.array(chunk, dtype=object)}

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The text."""
        wanted = set(rows)
        found = {row: self._text(line) for row, line in enumerate(self._filled()) if row in wanted}
        return [{"text": found[row]} for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """Line numbers and texts; fast for rows that follow those of the last call."""
        kept: dict[str, np.ndarray] = {}
        if "line" in self._keep:
            kept["line"] = np.array(list(map(str, self._lines[low:high])), dtype=object)
        if "text" in self._keep:
            if low != self._passed:
                self._texts = map(self._text, islice(self._filled(), low, None))
            self._passed = high
            kept["text"] = np.array(list(islice(self._texts, high - low)), dtype=object)
        return kept

    def kept_types(self) -> dict[str, str]:
        """A whole number, and text."""
        types = {"line": "BIGINT", "text": "VARCHAR"}
        return {name: types[name] for name in self._keep}

    def _label(self, line: str, number: int) -> str:
        """The label of a line; raises InputError unless there is exactly one."""
        source = self._source
        label, text = self._divided(line)
        if not label:
            what = f"label '{source.prefix}…'" if source.prefix else "label"
            message = f"no {what} in front of {source.separator!r}: {shown(line)}"
            raise InputError(Problem(message, f"{self._path}:{number}"))
        if source.prefix and text.startswith(source.prefix):
            raise InputError(Problem(f"two labels, where one is expected: {shown(line)}", f"{self._path}:{number}"))
        return label

    def _text(self, line: str) -> str:
        """The text of a line. For prediction the label is optional, and a label that is not a class is text."""
        label, text = self._divided(line)
        return text if self._source.prefix or self._classes is None or label in self._classes else line.strip()

    def _divided(self, line: str) -> tuple[str, str]:
        """The label, empty if there is none, and what follows it."""
        label, found, text = line.partition(self._source.separator)
        if not found or not label.startswith(self._source.prefix):
            return "", line.strip()
        return label.removeprefix(self._source.prefix).strip(), text.strip()

    def _filled(self) -> Iterator[str]:
        return (line for _, line in filled_lines(self._path, self._source.encoding))
