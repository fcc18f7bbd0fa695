"""The words of a text: how a prediction changes when one of them is left out (Li, Monroe and Jurafsky 2016)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dltool.data.preprocessing.features import Preparation, TablePreparation
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField
from dltool.explanation.scores import evidence
from dltool.training.prediction import Predictor

#: texts that a word must occur in to be listed
FEWEST = 2


@dataclass(frozen=True)
class Text:
    """A column of text, and what its codes stand for."""

    field: CodeField
    names: tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """A token of the vocabulary, and how much evidence it gives for an answer on average."""

    word: str
    answer: int  # index of the class, label or target
    effect: float
    texts: int  # in which it was left out


def texts(preparation: Preparation) -> list[Text]:
    """The columns of text."""
    if not isinstance(preparation, TablePreparation):
        return []
    names = {one.column: one.code_names for one in preparation.encoders if one.kind in ("text", "tokens")}
    return [Text(field, names[field.name]) for field in preparation.codes if field.name in names]


def word_effects(predictor: Predictor, sample: Samples, text: Text, answer: int) -> tuple[np.ndarray, np.ndarray]:
    """The codes (n,) of a text, and how much evidence for an answer each gives (n,)."""
    place = slice(text.field.start, text.field.start + text.field.length)
    codes = sample.codes[0, place]
    count = int(np.count_nonzero(codes >= 0))
    changed = np.repeat(sample.codes, count + 1, axis=0)
    for index in range(count):
        rest = np.delete(codes, index)
        changed[1 + index, place] = [*rest, -1]
        if text.field.sequence and count == 1:  # no sequence is empty: its one token becomes the unknown
            changed[1, text.field.start] = 0
    features, targets = (np.repeat(one, count + 1, axis=0) for one in (sample.features, sample.targets))
    found = evidence(predictor, Samples(features, targets, changed), np.full(count + 1, answer))
    return codes[:count], found[0] - found[1:]


def strongest(found: Iterable[tuple[int, np.ndarray, np.ndarray]], text: Text, most: int) -> list[Word]:
    """The words with the largest mean effects; `found` has the answer, the codes and the effects for each text."""
    sums: dict[tuple[int, int], list[float]] = {}
    for answer, codes, effects in found:
        for code in np.unique(codes).tolist():
            sums.setdefault((answer, code), []).append(float(effects[codes == code].sum()))
    words = [
        Word(text.names[code], answer, float(np.mean(effects)), len(effects))
        for (answer, code), effects in sums.items()
        if len(effects) >= FEWEST
    ]
    return sorted(words, key=lambda word: -abs(word.effect))[:most]
