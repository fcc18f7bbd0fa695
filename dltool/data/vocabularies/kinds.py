"""The kinds of vocabularies, by their YAML names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dltool.data.vocabularies.byte_pair import BytePairFitting, BytePairVocabulary
from dltool.data.vocabularies.character import CharacterFitting, CharacterVocabulary
from dltool.data.vocabularies.vocabulary import Vocabulary, VocabularyFitting
from dltool.data.vocabularies.word import WordFitting, WordVocabulary

VocabularyKind = Literal["word", "character", "byte_pair"]

_FITTINGS: Mapping[VocabularyKind, type[VocabularyFitting]] = {
    "word": WordFitting,
    "character": CharacterFitting,
    "byte_pair": BytePairFitting,
}
_KINDS: Mapping[str, type[Vocabulary]] = {
    one.kind: one for one in (WordVocabulary, CharacterVocabulary, BytePairVocabulary)
}


def fitting_of(kind: VocabularyKind) -> VocabularyFitting:
    """A new fitting of a vocabulary; raises InputError for byte pairs if their library is missing."""
    return _FITTINGS[kind]()


def stored_vocabulary(data: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary in a checkpoint, from the result of its `as_json`."""
    rest = {key: value for key, value in data.items() if key != "kind"}
    return _KINDS[data["kind"]].from_json(rest)
