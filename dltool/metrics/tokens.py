"""Metrics of language models, from what a step adds up over the positions of each sequence."""

from __future__ import annotations

from math import exp, log
from typing import ClassVar, Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.metrics.numbers import running_sum
from dltool.registry import register

#: what the scores of a sequence are: Σ −log p of its tokens, how many count, how many are the most probable ones
SURPRISE, COUNTED, HITS = range(3)


class Tokens(Metric):
    """Base of the metrics of language models."""

    tasks: ClassVar[tuple[Task, ...]] = ("tokens",)
    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    def empty(self, answers: Answers) -> State:
        """Zero sums of the scores, and no characters."""
        return {"scores": np.zeros(3), "characters": np.zeros(1)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add the scores and the characters of sequences."""
        return {
            "scores": running_sum(state["scores"], predictions.astype(np.float64)),
            "characters": state["characters"] + targets[:, 1:].sum(dtype=np.float64),
        }


@register("metric", "perplexity")
class Perplexity(Tokens):
    """e to the mean of −log p over all tokens; 1 is perfect, the size of the vocabulary no better than guessing."""

    def result(self, state: State, answers: Answers) -> float:
        """exp(Σ −log p / tokens)."""
        return exp(min(float(state["scores"][SURPRISE] / state["scores"][COUNTED]), 700.0))


@register("metric", "bits_per_character")
class BitsPerCharacter(Tokens):
    """Mean of −log₂ p for each character of the text, which compares models of different vocabularies."""

    def result(self, state: State, answers: Answers) -> float:
        """Σ −log₂ p / characters."""
        return float(state["scores"][SURPRISE] / log(2) / state["characters"][0])


@register("metric", "token_accuracy")
class TokenAccuracy(Tokens):
    """Share of tokens that were the most probable ones."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"

    def result(self, state: State, answers: Answers) -> float:
        """hits / tokens."""
        return float(state["scores"][HITS] / state["scores"][COUNTED])
