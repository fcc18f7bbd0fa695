"""Texts that a language model makes, one token after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dltool.config.loading import from_resolved
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples
from dltool.data.vocabularies.kinds import stored_vocabulary
from dltool.data.vocabularies.vocabulary import UNKNOWN
from dltool.errors import InputError, Problem
from dltool.losses.output_activations import activate
from dltool.program.generation import build_generator, context_limit
from dltool.runtime.engine import Engine
from dltool.training.checkpoint import Checkpoint

#: tokens before the last ones that decoding looks at: what they become in text does not depend on earlier ones
LOOK_BACK = 16


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn."""

    temperature: float = 1.0  # 0: always the most probable token
    top_k: int | None = None  # only of the most probable ones
    top_p: float = 1.0  # only of the fewest most probable ones that have this probability together
    seed: int = 0

    def draw(self, logits: np.ndarray, generator: np.random.Generator) -> int:
        """A token, given the logits (tokens,) of all of them."""
        if self.temperature == 0:
            return int(logits.argmax())
        order = np.argsort(-logits, kind="stable")[: self.top_k]
        chances = activate("softmax", logits[order].astype(np.float64)[None] / self.temperature)[0]
        totals = np.cumsum(chances)
        totals = totals[: 1 + int(np.searchsorted(totals, self.top_p))]
        drawn = int(np.searchsorted(totals, generator.random() * totals[-1], side="right"))
        return int(order[min(drawn, len(totals) - 1)])


class Generator:
    """The network of a checkpoint, which remembers the tokens that it has been given."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        path: Path,
        *,
        debug: bool = False,
        on_compile: Callable[[str, float | None], None] | None = None,
    ):
        """Raises InputError for a network that is no language model, or that cannot go token by token."""
        self.experiment = from_resolved(checkpoint.config)
        preprocessing = Preprocessing.from_json(checkpoint.preprocessing)
        signature = preprocessing.signature({})
        if signature.task != "tokens":
            raise InputError(Problem("is no language model; one is trained on a text_stream", where=str(path)))
        self.vocabulary = stored_vocabulary(preprocessing.source_state["vocabulary"])
        network = build_generator(self.experiment, signature)
        self._limit = context_limit(network)
        self._token = np.zeros((1, 1), np.int32)
        text = Samples(self._token, np.zeros((1, 2), np.float32), np.zeros((1, 0), np.int32))
        self._engine = Engine(
            [], [network], {"text": text}, seed=0, threads=1, debug=debug, on_compile=on_compile
        )  # one token is too little work to share
        arrays = {name: checkpoint.arrays.get(f"{name}.average", one) for name, one in checkpoint.arrays.items()}
        self._engine.write(arrays)
        self._codes: list[int] = []
        self._position = 0

    def encode(self, prompt: str) -> tuple[list[int], list[str]]:
        """The codes of a prompt, and which of its characters are left out, since the model does not know them."""
        codes = self.vocabulary.encode(prompt)
        known = [int(code) for code in codes if code != UNKNOWN]
        if len(known) == len(codes):
            return known, []
        unknown = [c for c in dict.fromkeys(prompt) if UNKNOWN in self.vocabulary.encode(c)]
        return known, unknown

    def tokens(self, prompt: Sequence[int], count: int, sampling: Sampling) -> Iterator[int]:
        """`count` codes that continue those of the prompt, or where there are none a line break."""
        generator = np.random.Generator(np.random.Philox(sampling.seed))
        logits = self._read(list(prompt) or [self._first()])
        for _ in range(count):
            logits[UNKNOWN] = -np.inf
            code = sampling.draw(logits, generator)
            yield code
            logits = self._read([code])

    def texts(self, prompt: Sequence[int], codes: Iterator[int]) -> Iterator[str]:
        """The text that each of the codes adds to that of the prompt, as soon as it is whole."""
        before = list(prompt[-LOOK_BACK:])
        waiting: list[int] = []
        for code in codes:
            waiting.append(code)
            old, new = self.vocabulary.decode(before), self.vocabulary.decode([*before, *waiting])
            added = new[len(old) :]
            if added and not added.endswith("\N{REPLACEMENT CHARACTER}"):
                yield added
                before, waiting = [*before, *waiting][-LOOK_BACK:], []
        if waiting:
            yield self.vocabulary.decode([*before, *waiting])[len(self.vocabulary.decode(before)) :]

    def _read(self, codes: Sequence[int]) -> np.ndarray:
        """The logits after these codes; a full context begins anew with its latter half."""
        logits = np.zeros(0)
        for code in codes:
            if self._limit and self._position == self._limit:
                self._position, again = 0, self._codes[-(self._limit // 2) :]
                self._codes = []
                self._read(again)
            self._token[:] = code
            logits = self._engine.step("text", self._position)
            self._codes.append(code)
            self._position += 1
        return logits.astype(np.float64)

    def _first(self) -> int:
        """The first token of a text without a prompt: a line break, else the most frequent token."""
        codes = self.vocabulary.encode("\n").tolist()
        return codes[-1] if codes and codes[-1] != UNKNOWN else 1
