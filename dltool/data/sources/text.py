"""Text, one line for each sample, with its label in front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from dltool.data.gzipped import open_text
from dltool.data.paths import locate
from dltool.data.quoting import shown
from dltool.data.sources.source import Outline, Raw, Reader, Request, Source
from dltool.errors import InputError, Problem
from dltool.registry import register

#: lines that are read at a time
CHUNK = 1 << 16


@register("source", "text", main="path")
class TextLines(Source):
    """Lines of a label, a separator (a tab by default) and text; empty lines are skipped."""

    path: str
    separator: Annotated[str, Field(min_length=1)] = Field(default="\t", description="between label and text")
    encoding: str = "utf-8"

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The one."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the labels."""
        keep = request.keep_all or "text" in request.keep
        return TextReader(locate(self.path, folders, "path"), self, targets=request.targets, keep=keep)


class TextReader(Reader):
    """Lines of a file."""

    def __init__(self, path: Path, source: TextLines, *, targets: bool, keep: bool):
        self._path, self._source, self._keep = path, source, keep
        self._passed, self._texts = -1, iter(())  # samples whose text was kept, and the texts after them
        labels: list[str] = []
        self._lines: list[int] = []  # of each sample, from 1
        for number, line in self._filled():
            label, found, _ = line.partition(source.separator)
            if targets and not (found and label.strip()):
                message = f"no label in front of {source.separator!r}: {shown(line)}"
                raise InputError(Problem(message, f"{path}:{number}"))
            if targets:
                labels.append(label.strip())
            self._lines.append(number)
        if not self._lines:
            raise InputError(Problem("the file is empty", str(path)))
        self.outline = Outline(
            where=str(path),
            place=lambda row: f"{path}:{self._lines[row]}",
            rows=len(self._lines),
            task="classes",
            targets={"label": np.array(labels)} if targets else {},
            columns={"text": "prose"},
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """The text of each line, without a label."""
        texts = (self._text(line) for _, line in self._filled())
        while chunk := list(islice(texts, CHUNK)):
            yield {"text": np.ma.array(chunk, dtype=object)}

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The text."""
        wanted = set(rows)
        found = {row: self._text(line) for row, (_, line) in enumerate(self._filled()) if row in wanted}
        return [{"text": found[row]} for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """The text; quick for rows that follow those of the last call."""
        if not self._keep:
            return {}
        if low != self._passed:
            self._texts = (self._text(line) for _, line in islice(self._filled(), low, None))
        self._passed = high
        return {"text": np.array(list(islice(self._texts, high - low)), dtype=object)}

    def kept_types(self) -> dict[str, str]:
        """Text."""
        return {"text": "VARCHAR"}

    def _text(self, line: str) -> str:
        label, found, text = line.partition(self._source.separator)
        return text.strip() if found else label.strip()

    def _filled(self) -> Iterator[tuple[int, str]]:
        """Numbers, from 1, and contents of the lines that are not empty."""
        try:
            with open_text(self._path, self._source.encoding, strict=True) as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield number, line.rstrip("\r\n")
        except UnicodeDecodeError:
            hint = "if it is Latin-1, say so: encoding: latin-1"
            raise InputError(Problem(f"not {self._source.encoding.upper()} text; {hint}", str(self._path))) from None
        except (EOFError, OSError) as error:
            raise InputError(Problem(f"cannot be read: {error}", str(self._path))) from None
