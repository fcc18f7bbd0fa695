"""Single predictions explained: which words, steps or places in the image speak for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.inspection.sample_images import picture_shape
from dltool.data.samples.samples import Samples
from dltool.explanation.groups import Group
from dltool.explanation.regions import image_effects, step_effects
from dltool.explanation.scores import predicted
from dltool.explanation.words import Text, Word, strongest, texts, word_effects
from dltool.training.prediction import Predictor

#: predictions that are explained, texts of which words are left out, and words that are listed
EXAMPLES, TEXTS, WORDS = 8, 100, 16


@dataclass(frozen=True)
class Explained:
    """A prediction, and how much evidence for it each place gives: each pixel, group of steps, or word."""

    sample: Samples
    target: np.ndarray  # a class (), labels (k,) of 0 and 1, or numbers (k,) in the units of the data
    prediction: np.ndarray  # (k,)
    answer: int  # index of the class, label or target that the effects speak for
    effects: np.ndarray  # (height, width), (groups of steps,) or (words,)
    words: tuple[str, ...] = ()


class Examples:
    """Rows with various predictions, to be explained one by one."""

    def __init__(self, predictor: Predictor, samples: Samples):
        self._predictor, self._samples = predictor, samples
        self._predictions = predicted(predictor, samples)
        one_answer = predictor.signature.task == "numbers"  # the first target
        self._answers = np.zeros(len(samples), np.int64) if one_answer else self._predictions.argmax(axis=1)
        self._known = predictor.signature.known(samples.targets)

    def made(self, steps: Sequence[Group]) -> tuple[list[Explained], list[Word]]:
        """Predictions made of texts, images or series; and the strongest words of many texts."""
        preparation = self._predictor.preprocessing.features
        if found := texts(preparation):
            return self._of_texts(found[0])
        usual = self._samples.features.mean(axis=0, dtype=np.float64).astype(self._samples.features.dtype)
        if shape := picture_shape(preparation):
            return self._each(lambda one, answer: image_effects(self._predictor, one, usual, shape, answer)), []
        if steps:
            places = [group.numbers for group in steps]
            return self._each(lambda one, answer: step_effects(self._predictor, one, usual, places, answer)), []
        return [], []

    def _each(self, effects: Callable[[Samples, int], np.ndarray]) -> list[Explained]:
        return [
            self._explained(row, effects(self._one(row), int(self._answers[row])))
            for row in varied(self._answers, EXAMPLES)
        ]

    def _of_texts(self, text: Text) -> tuple[list[Explained], list[Word]]:
        made, found = [], []
        for row in varied(self._answers, TEXTS):
            answer = int(self._answers[row])
            codes, effects = word_effects(self._predictor, self._one(row), text, answer)
            made.append(self._explained(row, effects, tuple(text.names[code] for code in codes.tolist())))
            found.append((answer, codes, effects))
        return made[:EXAMPLES], strongest(found, text, WORDS)

    def _one(self, row: int) -> Samples:
        return self._samples.rows(row, row + 1)

    def _explained(self, row: int, effects: np.ndarray, words: tuple[str, ...] = ()) -> Explained:
        answer = int(self._answers[row])
        return Explained(self._one(row), self._known[row], self._predictions[row], answer, effects, words)


def varied(answers: np.ndarray, most: int) -> list[int]:
    """Rows in which the answers (n,) alternate: the first row of each, then the second of each, and so on."""
    seen: Counter[int] = Counter()
    turns = []
    for answer in answers.tolist():
        turns.append(seen[answer])
        seen[answer] += 1
    return np.argsort(turns, kind="stable")[:most].tolist()
