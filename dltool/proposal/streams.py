"""Proposals for running text: a language model that predicts each character from those before it."""

from __future__ import annotations

from pathlib import Path

from dltool.data.files.paths import locate_all
from dltool.data.files.text_pieces import text_pieces
from dltool.data.vocabularies.character import CharacterFitting
from dltool.errors import InputError, Problem
from dltool.formatting import plural
from dltool.proposal.entry import Entry
from dltool.proposal.proposal import Proposal
from dltool.proposal.recognition import Found

#: about how many characters a training passes, and the fewest and most epochs
CHARACTERS, EPOCHS = 10_000_000, (3, 50)
#: characters of a block, and the fewest blocks to train on
BLOCK, BLOCKS = 128, 100
#: share of the text for validation
VALIDATION = 0.1
#: units of the recurrent layer, by the number of characters below which they apply
UNITS = ((200_000, 128), (20_000_000, 256))
LARGEST = 512
#: fewest characters to learn from
FEWEST = 1_000


def propose_stream(found: Found) -> Proposal:
    """The proposal for one or several texts; raises InputError for one that is too short."""
    (path,) = found.parts["train"]
    files = locate_all(path, [], "")
    total, distinct = _looked_at(files)
    if total < FEWEST:
        raise InputError(
            Problem(f"{plural(total, 'character')}, too few to learn from; at least {FEWEST:,} are needed", path)
        )
    if distinct < 2:
        raise InputError(Problem("holds only one character, over and over; there is nothing to predict", path))
    block = min(BLOCK, max(8, int(total * (1 - VALIDATION)) // BLOCKS))
    units = next((units for most, units in UNITS if total < most), LARGEST)
    epochs = min(EPOCHS[1], max(EPOCHS[0], round(CHARACTERS / total)))
    test = [Entry("test", [Entry("text_stream", found.parts["test"][0])])] if "test" in found.parts else []
    what = f"{len(files)} files" if len(files) > 1 else "one file"
    return Proposal(
        title=f"A language model of {path}: predicts each character from those before it.",
        entries=[
            Entry(
                "data",
                [
                    Entry(
                        "text_stream",
                        [
                            Entry("path", path, f"{total:,} characters in {what}"),
                            Entry("vocabulary", "character", f"{distinct} different ones; others: word, byte_pair"),
                            Entry("block", block, "characters that the network gets at a time"),
                        ],
                    ),
                    *test,
                    Entry("split", {"validation": VALIDATION}, "the end of the text"),
                ],
            ),
            Entry(
                "model",
                [
                    Entry(None, {"embedding": 64}, "a vector for each character"),
                    Entry(None, {"gru": {"units": units, "return_sequences": True}}, "reads from left to right"),
                    Entry(None, {"dropout": 0.2}),
                    Entry(None, {"dense": {"units": "classes"}}, "a chance for each character to be the next"),
                ],
            ),
            Entry("loss", "cross_entropy"),
            Entry("optimizer", {"adam": {"lr": 0.004}}),
            Entry("schedule", {"cosine": {"warmup_epochs": 1}}, "a short warmup, then slowly down to 0"),
            Entry("metrics", ["perplexity", "bits_per_character"]),
            Entry("train", {"epochs": epochs, "batch_size": 32, "clip": {"norm": 1.0}}),
        ],
        inferred=[
            ("data", f"running text, {total:,} characters in {what}, {distinct} different ones"),
            ("task", "a language model: the next character"),
            ("split", f"the last {100 * VALIDATION:.0f} % of the text is the validation part"),
            ("network", f"embedding 64 → gru {units} → classes"),
            ("training", f"{epochs} epochs of batches of 32 blocks of {block} characters"),
        ],
        writes=True,
    )


def _looked_at(files: list[Path]) -> tuple[int, int]:
    """The number of characters, and of different ones."""
    fitting, total = CharacterFitting(), 0
    for file in files:
        for piece in text_pieces(file):
            fitting.update(piece)
            total += len(piece)
    return total, len(fitting.result(1 << 30, 1).tokens)
