"""How to train on so much data of such a kind: the network's size, the loss, the optimizer, how long.

The rules were tuned on public tables of 150 to 33,000 rows; README.md shows what they reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from dltool.config.experiment import Task
from dltool.proposal.entry import Entry

#: a training passes about so many samples …
SAMPLES = 1_600_000
#: … in at least and at most so many epochs
EPOCHS = (5, 200)
#: fewer rows to train on are few: one epoch more or less decides nothing
FEW_ROWS = 2_000
#: rows of a batch, up to so many rows to train on
BATCHES = ((500, 16), (2_000, 32), (8_000, 64), (30_000, 128), (100_000, 256), (1_000_000, 512))
LARGEST_BATCH = 1024


@dataclass(frozen=True)
class Facts:
    """What the size of a training depends on."""

    task: Task
    rows: int  # to train on, about
    classes: Mapping[str, float] = field(default_factory=dict)  # of a classifier, each with its share of the rows
    images: bool = False  # samples are arrays of pixels or the like: the same thing measured many times
    shape: tuple[int, ...] = ()  # of such a sample

    @property
    def output(self) -> str:
        """What the last layer has one unit for."""
        return "classes" if self.task == "classes" else "targets"


def epochs(rows: int) -> int:
    """Passes over so many rows: many over few rows."""
    low, high = EPOCHS
    wanted = min(high, max(low, SAMPLES / max(1, rows)))
    step = 10 if wanted > 30 else 5 if wanted > 10 else 1
    return max(low, round(wanted / step) * step)


def batch_size(rows: int) -> int:
    """Rows of a batch: small where rows are few, so that there are updates enough."""
    return next((size for most, size in BATCHES if rows < most), LARGEST_BATCH)


def widths(rows: int) -> tuple[int, ...]:
    """Units of the hidden layers of a network for the rows of a table."""
    width = 2 ** round(log2(max(1, rows) ** 0.5 * 2))
    width = min(512, max(64, width))
    return (width, width // 2) if rows < FEW_ROWS else (width, width, width // 2)


def model(facts: Facts) -> list[Entry]:
    """The layers."""
    return _dense_on_arrays(facts) if facts.images else _dense(facts)


def _dense(facts: Facts) -> list[Entry]:
    layers = []
    rate = 0.1 if facts.task == "numbers" else 0.3
    for index, width in enumerate(widths(facts.rows)):
        reason = f"sized for about {facts.rows:,} rows to train on" if not index else ""
        layers += [
            Entry(None, {"dense": {"units": width}}, reason),
            Entry(None, "batch_norm"),
            Entry(None, "relu"),
            Entry(None, {"dropout": rate}),
        ]
    return [*layers, Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]


def _dense_on_arrays(facts: Facts) -> list[Entry]:
    width = 512 if facts.rows >= 20_000 else 256
    layers = [Entry(None, "flatten")] if len(facts.shape) > 1 else []
    for _ in range(2):
        layers += [
            Entry(None, {"dense": {"units": width, "activation": "relu"}}),
            Entry(None, {"dropout": 0.2 if facts.rows >= FEW_ROWS else 0.4}),
        ]
    return [*layers, Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]


LOSSES = {
    "classes": ("cross_entropy", ""),
    "labels": ("binary_cross_entropy", "every label is a yes or no of its own"),
    "numbers": ("huber", "like mse, but rows far off do not count with the square of their error"),
}
METRICS = {"classes": ["accuracy"], "labels": ["f1", "accuracy"], "numbers": ["rmse", "mae", "r2"]}
#: a class that fewer rows have is rare: accuracy says little of it
RARE = 0.1


def training(facts: Facts) -> Sequence[Entry]:
    """Everything from the loss on."""
    loss, reason = LOSSES[facts.task]
    count = epochs(facts.rows)
    optimizer = {"adamw": {"lr": 0.002, "weight_decay": 0.1}} if not facts.images else {"adam": {"lr": 0.001}}
    entries = [
        Entry("loss", loss, reason),
        Entry("optimizer", optimizer),
        Entry("schedule", {"cosine": {"warmup_epochs": min(2, count // 5)}}, "up for a moment, then slowly down to 0"),
        Entry("metrics", metrics(facts)),
    ]
    if facts.rows >= FEW_ROWS:
        patience = max(3, count // 5)
        stop = {"monitor": "validation.loss", "patience": patience, "restore_best": True}
        entries.append(Entry("early_stopping", stop, "the best epoch is kept"))
    train = {"epochs": count, "batch_size": batch_size(facts.rows)}
    return [*entries, Entry("train", train)]


def metrics(facts: Facts) -> list[str]:
    """What is measured: the first one tells the best epoch."""
    names = METRICS[facts.task]
    if len(facts.classes) == 2:
        names = [*names, "auc"]
    if facts.classes and min(facts.classes.values()) < RARE:
        names = [*names, "f1"]
    return names


def summary(facts: Facts) -> list[tuple[str, str]]:
    """The network and its training in a line each."""
    layers = [entry.value["dense"]["units"] for entry in model(facts) if isinstance(entry.value, dict) and "dense" in entry.value]
    return [
        ("network", f"{' → '.join(map(str, layers))}, sized for {facts.rows:,} rows to train on"),
        ("training", f"{epochs(facts.rows)} epochs of batches of {batch_size(facts.rows)}"),
    ]
