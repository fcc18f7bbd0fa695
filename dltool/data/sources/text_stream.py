"""Running text for language models: blocks of tokens, of which each predicts the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from dltool.data.files.paths import locate_all
from dltool.data.files.text_lines import Encoding
from dltool.data.readers.outline import Request
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.data.streams.reader import StreamReader
from dltool.data.streams.tokens import Blocks
from dltool.data.vocabularies.kinds import VocabularyKind
from dltool.registry import register


@register("source", "text_stream", main="path")
class TextStream(Source):
    """One or several text files in blocks of consecutive tokens; validation and test are taken from the end."""

    divides: ClassVar[bool] = True

    path: str | Annotated[list[str], Field(min_length=1)] = Field(
        description="a file, several by wildcard, or a list; no block reaches from one file into the next"
    )
    vocabulary: VocabularyKind = Field(
        default="character",
        description="what a token is: a character, a word, or byte pairs, which need pip install 'dltool[text]'",
    )
    size: PositiveInt = Field(default=20_000, description="of the vocabulary: the most frequent tokens")
    min_count: PositiveInt = Field(default=1, description="how often a token must occur to be in the vocabulary")
    block: PositiveInt = Field(
        default=256, description="tokens that the network gets at a time; for other parts, those of the training part"
    )
    stride: PositiveInt | None = Field(
        default=None, description="tokens from the start of one block to the next; by default those of a block"
    )
    encoding: Encoding = "utf-8"

    @property
    def paths(self) -> list[str]:
        """All names and patterns."""
        return [self.path] if isinstance(self.path, str) else self.path

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """In the order of the list, and by name for a pattern."""
        return [path for pattern in self.paths for path in locate_all(pattern, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the text, and turns it into tokens."""
        block = request.shape[0] - 1 if request.shape else self.block  # of other parts as of the training part
        blocks = Blocks(block, self.stride or block)
        vocabulary = self.vocabulary, self.size, self.min_count
        return StreamReader(self.files(folders), self.encoding, request, blocks, vocabulary)
