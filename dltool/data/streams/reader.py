"""Blocks of consecutive tokens of one or several texts, for language models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dltool.data.files.quoting import percent, shown
from dltool.data.files.text_lines import Encoding
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import Raw, Reader
from dltool.data.streams.segments import Segment, segments_of
from dltool.data.streams.tokens import Blocks, Tokens
from dltool.data.vocabularies.kinds import VocabularyKind, fitting_of, stored_vocabulary
from dltool.data.vocabularies.vocabulary import Vocabulary
from dltool.errors import InputError, Problem
from dltool.formatting import plural


class StreamReader(Reader):
    """Texts as blocks of codes; the vocabulary is that of the request, or fitted to the training part."""

    def __init__(
        self,
        paths: Sequence[Path],
        encoding: Encoding,
        request: Request,
        blocks: Blocks,
        vocabulary: tuple[VocabularyKind, int, int],
    ):
        """`vocabulary` is the kind to fit, its size, and how often a token must occur."""
        where = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {plural(len(paths) - 1, 'other file')}"
        self._segments = segments_of(paths, encoding, request.shares)
        known = request.fitted.get("vocabulary")
        self._vocabulary = stored_vocabulary(known) if known else _fitted(self._segments, where, *vocabulary)
        self._tokens = Tokens(self._segments, self._vocabulary, blocks)
        self._require_blocks(where, blocks, new=not known)
        self.outline = Outline(
            where=where,
            place=lambda row: self.places([row])[0],
            rows=len(self._tokens.targets),
            task="tokens",
            targets=dict(zip(("tokens", "characters"), self._tokens.targets.T, strict=True)),
            tokens=self._vocabulary.names,
            parts=self._parts() if request.shares else None,
            notes=self._notes(where),
            feature_shape=(blocks.size + 1,),
            feature_dtype="int32",
            fitted={"vocabulary": self._vocabulary.as_json()},
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Codes (rows, block + 1) int32."""
        yield from self._tokens.chunks()

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The text."""
        return [{"text": self._vocabulary.decode(self._tokens.block(row).tolist())} for row in rows]

    def places(self, rows: Sequence[int]) -> list[str]:
        """The file, and the number of the first token in its part of the file."""
        places = [self._tokens.place(row) for row in rows]
        unit = self._vocabulary.unit
        return [f"{self._segments[one].path}, {self._segments[one].part}, {unit} {low + 1:,}" for one, low in places]

    def close(self) -> None:
        """Remove the tokens."""
        self._tokens.close()

    def _parts(self) -> dict[str, slice]:
        """The rows of each part."""
        parts: dict[str, slice] = {}
        low = 0
        for segment, rows in zip(self._segments, self._tokens.rows, strict=True):
            first = parts[segment.part].start if segment.part in parts else low
            parts[segment.part] = slice(first, low + rows)
            low += rows
        return parts

    def _require_blocks(self, where: str, blocks: Blocks, *, new: bool) -> None:
        """Raises InputError for texts without anything to predict, and training parts shorter than a block."""
        unit, counts = self._vocabulary.unit, self._tokens.counts
        longest = max(
            (count for count, one in zip(counts, self._segments, strict=True) if one.part == "train"), default=0
        )
        if new and longest <= blocks.size:
            message = f"a block of {blocks.size} {unit}s, and the one to predict, is longer than the text to train on"
            hint = f", {plural(longest, unit)}; give a smaller block" if longest > 1 else f", {plural(longest, unit)}"
            raise InputError(Problem(message + hint, where, "block"))
        if not len(self._tokens.targets):
            raise InputError(Problem(f"{plural(sum(counts), unit)}, where at least 2 are needed", where))

    def _notes(self, where: str) -> tuple[str, ...]:
        unknown, total = self._tokens.unknown, sum(self._tokens.counts)
        if not unknown:
            return ()
        share, what = percent(unknown / total), plural(unknown, self._vocabulary.unit)
        return (f"{where}: {what} ({share}) not in the vocabulary, taken as unknown",)


def _fitted(segments: Sequence[Segment], where: str, kind: VocabularyKind, size: int, min_count: int) -> Vocabulary:
    """The vocabulary of the training part; raises InputError for one that leaves nothing to predict."""
    fitting = fitting_of(kind)
    for segment in segments:
        if segment.part == "train":
            for piece in segment.pieces():
                fitting.update(piece)
    vocabulary = fitting.result(size, min_count)
    if len(vocabulary.tokens) < 2:
        held = (
            f"only the {vocabulary.unit} {shown(vocabulary.names[1])}" if vocabulary.tokens else f"no {vocabulary.unit}"
        )
        how = f" that occurs {min_count} times" if min_count > 1 else ""
        message = f"the text to train on has {held}{how}; there is nothing to predict"
        raise InputError(Problem(message, where))
    return vocabulary
