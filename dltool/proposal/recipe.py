"""How to train on data of a given kind and size: the network, the loss, the optimizer, the number of epochs.

The rules were tuned on public tables of 150 to 33,000 rows; README.md shows the results.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2
from typing import Any

from dltool.config.experiment import Task
from dltool.data.files.quoting import cut, percent
from dltool.proposal.entry import Entry

#: about how many samples a training passes: regression keeps improving for longer than classification
SAMPLES = {"numbers": 1_600_000, "classes": 1_000_000, "multilabel": 1_000_000}
#: fewest and most epochs
EPOCHS = (3, 200)
#: the same for networks that read words in their order, which overfit after a few epochs
SAMPLES_OF_TEXTS, OF_TEXTS = 60_000, (4, 20)
#: with fewer training rows there is no early stopping
FEW_ROWS = 2_000
#: how text becomes numbers: the words of short files count without their order
BAG_OF_WORDS = {"text": {"words": 50_000, "ngrams": 2}}
IN_ORDER = {"tokens": {"vocabulary": "word", "size": 20_000}}
#: fewest rows for a network that reads words in their order
FEWEST_SEQUENCES = 1_500
#: numbers in the vector of a word, and how many words convolutions see at a time
VECTOR, PHRASES = 128, (2, 3)
#: smallest side in pixels for a convolutional network
SMALLEST = 12
#: from this number of rows on, the network on pixels is larger
MANY_ROWS = 20_000
#: units of the hidden layer of a network for windows of time series
HIDDEN_OF_WINDOWS = 64
#: batch sizes, by the number of training rows below which they apply
BATCHES = ((500, 16), (2_000, 32), (8_000, 64), (20_000, 128), (100_000, 256), (1_000_000, 512))
LARGEST_BATCH = 1024


@dataclass(frozen=True)
class Facts:
    """What the network and the training depend on."""

    task: Task
    rows: int  # to train on, about
    classes: Mapping[str, float] = field(default_factory=dict)  # of a classifier, each with its share of the rows
    pixels: bool = False  # samples are arrays whose values share one unit
    shape: tuple[int, ...] = ()  # of such a sample
    image: bool = False  # such a sample has a height, a width, and perhaps channels
    texts: tuple[str, ...] = ()  # columns that are sequences of words
    others: tuple[str, ...] = ()  # all other columns beside these
    forecast: bool = False  # such a sample is a window of time series
    padded: bool = False  # such samples have different numbers of steps

    @property
    def output(self) -> str:
        """What the units of the last layer stand for."""
        return "classes" if self.task == "classes" else "targets"


def epochs(facts: Facts) -> int:
    """Number of epochs: more for fewer rows."""
    low, high = OF_TEXTS if facts.texts else EPOCHS
    samples = SAMPLES_OF_TEXTS if facts.texts else SAMPLES[facts.task]
    wanted = min(high, max(low, samples / max(1, facts.rows)))
    step = 10 if wanted > 30 else 5 if wanted > 10 else 1
    return max(low, round(wanted / step) * step)


def batch_size(rows: int) -> int:
    """Batch size: small for few rows, so that there are enough updates."""
    return next((size for most, size in BATCHES if rows < most), LARGEST_BATCH)


def widths(rows: int) -> tuple[int, ...]:
    """Units of the hidden layers of a network for a table."""
    width = 2 ** round(log2(max(1, rows) ** 0.5 * 2))
    width = min(512, max(64, width))
    return (width, width // 2) if rows < FEW_ROWS else (width, width, width // 2)


def model(facts: Facts) -> list[Entry]:
    """The layers."""
    if facts.image and min(facts.shape[:2]) >= SMALLEST:
        return [*_on_images(facts), Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]
    if facts.texts:
        return [*_on_texts(facts), Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]
    if facts.forecast:
        return list(_on_windows(facts))
    if facts.padded:
        return [*_on_padded_series(facts), Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]
    flatten = [Entry(None, "flatten")] if len(facts.shape) > 1 else []
    hidden = _on_pixels(facts) if facts.pixels else _on_columns(facts)
    return [*flatten, *hidden, Entry(None, {"dense": {"units": facts.output}}, "as many as the data has")]


def _on_columns(facts: Facts) -> Iterator[Entry]:
    rate = 0.1 if facts.task == "numbers" else 0.3
    for index, width in enumerate(widths(facts.rows)):
        reason = f"sized for about {facts.rows:,} training rows" if not index else ""
        yield Entry(None, {"dense": {"units": width}}, reason)
        yield Entry(None, "batch_norm")
        yield Entry(None, "relu")
        yield Entry(None, {"dropout": rate})


def _on_texts(facts: Facts) -> Iterator[Entry]:
    """A branch of its own for each text; beside them a layer for all other columns."""
    if len(facts.texts) == 1 and not facts.others:
        yield from _on_words(facts)
    else:
        columns = [{"columns": [*facts.others]}, {"dense": {"units": _of_words(facts)}}, "batch_norm", "relu"]
        branches = [Entry(None, [Entry(None, {"columns": text}), *_on_words(facts)]) for text in facts.texts]
        branches += [Entry(None, columns)] if facts.others else []
        below = [Entry("merge", "concat"), Entry("branches", branches)]
        yield Entry("parallel", below, "a branch for each text, and one for all other columns", item=True)
    yield Entry(None, {"dropout": 0.5})


def _on_words(facts: Facts) -> Iterator[Entry]:
    """A recurrent network, and convolutions as of Kim (2014), over the same vectors of words."""
    width = _of_words(facts)
    pools = {"parallel": {"branches": [["global_average_pool"], ["global_max_pool"]], "merge": "concat"}}
    recurrent = [
        Entry(None, {"gru": {"units": width, "bidirectional": True, "return_sequences": True}}, "in both directions"),
        Entry(None, pools, "the mean and the largest over all words"),
    ]
    branches = [Entry(None, recurrent)]
    for words in PHRASES:
        conv = {"filters": width, "kernel": words, "padding": "same", "activation": "relu"}
        branches.append(Entry(None, [{"conv1d": conv}, "global_max_pool"], f"phrases of {words} words"))
    yield Entry(None, {"embedding": VECTOR}, "a vector for each word")
    yield Entry(None, {"dropout": 0.5})
    yield Entry("parallel", [Entry("merge", "concat"), Entry("branches", branches)], item=True)


def _of_words(facts: Facts) -> int:
    """Units and filters of a network for words."""
    return 64 if facts.rows < MANY_ROWS else 128


def _on_windows(facts: Facts) -> Iterator[Entry]:
    """A linear model, which follows trends, and a hidden layer for what it misses."""
    output = {"dense": {"units": facts.output}}
    hidden = [{"dense": {"units": HIDDEN_OF_WINDOWS, "activation": "relu"}}, {"dropout": 0.1}, output]
    yield Entry(None, "flatten")
    yield Entry(None, {"parallel": {"branches": [[output], hidden]}}, "a linear model, and what it misses")


def _on_padded_series(facts: Facts) -> Iterator[Entry]:
    """A recurrent network, which leaves the padding out."""
    width = 64 if facts.rows < MANY_ROWS else 128
    yield Entry(None, {"gru": {"units": width, "bidirectional": True}}, "reads in both directions, without the padding")
    yield Entry(None, {"dropout": 0.3})


def _on_images(facts: Facts) -> Iterator[Entry]:
    if len(facts.shape) == 2:
        yield Entry(None, {"reshape": [*facts.shape, 1]}, "height, width, one channel")
    for width in (32, 64):
        yield Entry(None, {"conv2d": {"filters": width, "padding": "same", "bias": False}})
        yield Entry(None, "batch_norm")
        yield Entry(None, "relu")
        yield Entry(None, {"max_pool2d": 2}, "half the height and the width")
    yield Entry(None, "flatten")
    yield Entry(None, {"dropout": 0.4})
    yield Entry(None, {"dense": {"units": 128, "activation": "relu"}})
    yield Entry(None, {"dropout": 0.4})


def _on_pixels(facts: Facts) -> Iterator[Entry]:
    width, rate = (512, 0.2) if facts.rows >= MANY_ROWS else (256, 0.4)
    for _ in range(2):
        yield Entry(None, {"dense": {"units": width, "activation": "relu"}})
        yield Entry(None, {"dropout": rate})


LOSSES = {
    "classes": ("cross_entropy", ""),
    "multilabel": ("binary_cross_entropy", "every label is an independent yes or no"),
    "numbers": ("huber", "like mse, but less sensitive to outliers"),
}
METRICS = {"classes": ["accuracy"], "multilabel": ["f1", "accuracy"], "numbers": ["rmse", "mae", "r2"]}
FORECAST_METRICS = ["mae", "rmse", "mase", "r2"]
#: a class with less than this part of an even share of the rows is rare: accuracy says little about it
RARE = 0.3
#: classes that a line lists
LISTED = 4


def training(facts: Facts) -> Sequence[Entry]:
    """Everything from the loss on."""
    loss, reason = LOSSES[facts.task]
    count = epochs(facts)
    optimizer = {"adamw": {"lr": 0.002, "weight_decay": 0.1}} if not facts.pixels else {"adam": {"lr": 0.001}}
    entries = [
        Entry("loss", loss, reason),
        Entry("optimizer", optimizer),
        Entry("schedule", {"cosine": {"warmup_epochs": min(2, count // 5)}}, "a short warmup, then slowly down to 0"),
        Entry("metrics", metrics(facts)),
    ]
    if facts.rows >= FEW_ROWS:
        patience = max(3, count // 5)
        stop = {"monitor": "validation.loss", "patience": patience, "restore_best": True}
        entries.append(Entry("early_stopping", stop, "the best epoch is kept"))
    train: dict[str, Any] = {"epochs": count, "batch_size": batch_size(facts.rows)}
    if facts.rows >= FEW_ROWS:
        return [*entries, Entry("train", train)]
    return [*entries, Entry("train", {**train, "monitor": "validation.loss"}, "decides which epoch is best")]


def metrics(facts: Facts) -> list[str]:
    """The metrics; the first one decides which epoch is best."""
    names = FORECAST_METRICS if facts.forecast else METRICS[facts.task]
    if len(facts.classes) == 2:
        names = [*names, "auc"]
    if facts.classes and min(facts.classes.values()) < RARE / len(facts.classes):
        names = [*names, "f1"]
    return names


def listed(shares: Mapping[str, float]) -> str:
    """The most frequent classes and their shares, in parentheses."""
    texts = [f"{cut(word)} {percent(share, 3)}" for word, share in list(shares.items())[:LISTED]]
    return f" ({', '.join(texts)}{', …' if len(shares) > len(texts) else ''})" if texts else ""


def summary(facts: Facts) -> list[tuple[str, str]]:
    """One line each on the network and its training."""
    network = f"{' → '.join(_widths(facts))}, sized for {facts.rows:,} training rows"
    if facts.forecast:
        network = f"the sum of a linear model and one with {HIDDEN_OF_WINDOWS} hidden units"
    return [
        ("network", network),
        ("training", f"{epochs(facts)} epochs of batches of {batch_size(facts.rows)}"),
    ]


def _widths(facts: Facts) -> Iterator[str]:
    """The layers with units, from input to output."""
    if facts.texts:
        over = f" over {', '.join(facts.texts)}" if facts.others or len(facts.texts) > 1 else ""
        others = f" + dense {_of_words(facts)} over the others" if facts.others else ""
        yield f"gru and convolutions of {_of_words(facts)}{over}{others}"
    for layer in (entry.value for entry in model(facts)):
        if isinstance(layer, dict) and "dense" in layer:
            yield str(layer["dense"]["units"])
        elif isinstance(layer, dict) and "conv2d" in layer:
            yield f"{layer['conv2d']['filters']} filters"
