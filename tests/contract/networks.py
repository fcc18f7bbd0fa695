"""The table of networks: every layer, activation, loss and optimizer at work. A new one needs a row here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved
from dltool.data.signature import Part, Signature
from dltool.optimizers.optimizer import Optimizer
from dltool.program.building import Network, build_network
from dltool.registry import registered
from dltool.runtime.engine import Engine
from dltool.runtime.plan import StepPlan
from dltool.training.layout import EpochLayout

SAMPLES, BATCH = 90, 33  # three steps, the last one of 24 samples
CLASSES = 5


@dataclass(frozen=True)
class Row:
    """A network with its data and how it is trained."""

    name: str
    model: list[Any]
    shape: tuple[int, ...] = (7,)
    target: Literal["labels", "binary", "numbers"] = "labels"
    targets: int = 1  # numbers to predict
    scaled: np.ndarray | None = None  # the factor of features that are bytes
    config: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def written(self) -> dict[str, Any]:
        """The config, as a user would write it."""
        source = {"targets": self.targets} if self.target == "numbers" else {"classes": self._classes}
        config = {"optimizer": {"sgd": {"lr": 0.05, "momentum": 0.9}}, "loss": "cross_entropy", **self.config}
        train = {"batch_size": BATCH, "seed": 3, **config.pop("train", {})}
        return {"data": {"synthetic": {"features": 7, **source}}, "model": self.model, "train": train, **config}

    @cached_property
    def experiment(self) -> Experiment:
        return from_resolved(self.written)

    @property
    def _classes(self) -> int:
        return 2 if self.target == "binary" else CLASSES

    @property
    def signature(self) -> Signature:
        names = None if self.target == "numbers" else tuple(f"c{i}" for i in range(self._classes))
        kind: Literal["float32", "uint8"] = "float32" if self.scaled is None else "uint8"
        offset = None if self.scaled is None else np.float32(100) * self.scaled
        columns = tuple(f"t{i}" for i in range(self.targets))
        task = "numbers" if self.target == "numbers" else "classes"
        return Signature(self.shape, kind, offset, self.scaled, names, columns, {"train": SAMPLES}, task)

    def data(self) -> Part:
        generator = np.random.default_rng(5)
        features = generator.normal(size=(SAMPLES, *self.shape)).astype(np.float32)
        if self.scaled is not None:
            features = generator.integers(0, 256, size=features.shape, dtype=np.uint8)
        no_codes = np.empty((SAMPLES, 0), np.int32)
        if self.target == "numbers":
            return Part(features, generator.normal(size=(SAMPLES, self.targets)).astype(np.float32), no_codes)
        return Part(features, generator.integers(0, self._classes, size=SAMPLES), no_codes)

    def network(self, *, training: bool, rows: int = BATCH) -> Network:
        return build_network(self.experiment, self.signature, training=training, rows=rows)

    def engine(self, *, threads: int = 1, debug: bool = False) -> Engine:
        networks = (self.network(training=True), self.network(training=False))
        return Engine(*networks, {"train": self.data()}, seed=self.experiment.train.seed, threads=threads, debug=debug)

    def steps(self, first: int, count: int) -> StepPlan:
        """Updates from the `first` on, in their epoch of three."""
        train, optimizer = self.experiment.train, self.experiment.optimizer
        layout = EpochLayout(SAMPLES, train.batch_size, train.accumulate, train.last_batch)
        assert isinstance(optimizer, Optimizer)
        numbers = np.arange(first, first + count)
        scalars = optimizer.scalars(numbers, np.full(count, optimizer.lr))
        return layout.plan(scalars, first_update=first, epoch=0, step=first)


HEAD = [{"dense": "classes"}]


def _around(*layers: Any) -> list[Any]:
    """Layers between two dense ones, so that gradients pass through them; 17 channels come in."""
    return [{"dense": {"units": 17, "activation": "tanh"}}, *layers, "flatten", *HEAD]


def layer_rows() -> Iterator[Row]:
    for name in sorted(registered("activation")):
        yield Row(f"dense with {name}", _around({"dense": {"units": 16, "activation": name}}))
        yield Row(f"{name} layer", _around(name), shape=(3, 5))
    yield Row("one layer", HEAD)
    yield Row("wide", [{"dense": {"units": 130, "activation": "relu"}}, {"dense": 33}, *HEAD], shape=(33,))
    yield Row("dense without bias", _around({"dense": {"units": 1, "bias": False, "activation": "relu"}}))
    yield Row("dense over positions", _around({"dense": {"units": 33, "activation": "relu"}}), shape=(3, 5))
    yield Row("dense over all axes", _around({"dense": {"units": 4, "flatten": True}}), shape=(3, 5))
    yield Row("dropout", _around({"dropout": 0.3}))
    yield Row("dropout over positions", _around({"dropout": 0.3}, "relu", {"dropout": 0.5}), shape=(3, 5))
    yield Row("flatten first", ["flatten", {"dense": {"units": 17, "activation": "relu"}}, *HEAD], shape=(3, 5))
    yield Row("reshape", _around({"reshape": [3, -1]}, {"dense": 4}, {"reshape": [-1, 2]}, "relu"), shape=(3, 5))
    for compat in ("keras", "torch", "mxnet"):
        yield Row(f"batch_norm of {compat}", _around("batch_norm", "relu"), config={"compat": compat})
    yield Row("batch_norm over positions", _around("batch_norm", "relu", "batch_norm"), shape=(3, 5))
    yield Row("layer_norm", _around("layer_norm", "relu"))
    yield Row("layer_norm over positions", _around("layer_norm", {"dense": 33}, "layer_norm"), shape=(3, 5))
    yield from _block_rows()


def _block_rows() -> Iterator[Row]:
    dense = {"dense": {"units": 17, "activation": "relu"}}
    yield Row("residual", _around({"residual": [dense, {"dense": 17}]}))
    yield Row("residual of a norm", _around({"residual": ["layer_norm"]}, {"residual": ["relu", {"dense": 17}]}))
    yield Row("residual of residuals", _around({"residual": [dense, {"residual": ["gelu", {"dense": 17}]}]}))
    yield Row("repeat", _around({"repeat": {"times": 3, "layers": [{"dense": {"units": 9, "activation": "silu"}}]}}))
    yield Row("sequential", _around({"sequential": {"layers": [dense, "layer_norm"], "name": "body"}}))
    yield Row("parallel added", _around({"parallel": [[dense], [], ["layer_norm", {"dense": 17}]]}))
    branches = [[{"dense": 3}], [], ["tanh", {"dense": {"units": 16, "activation": "relu"}}]]
    yield Row("parallel joined", _around({"parallel": {"branches": branches, "merge": "concat"}}), shape=(3, 5))
    inner = {"parallel": {"branches": [["batch_norm", dense], [{"dropout": 0.2}, dense]], "merge": "concat"}}
    block = {"residual": [inner, {"dropout": 0.1}, {"dense": 17}, "layer_norm"]}
    yield Row("blocks in blocks", _around({"repeat": {"times": 2, "layers": [block, "relu"]}}))


def loss_rows() -> Iterator[Row]:
    hidden = {"dense": {"units": 17, "activation": "relu"}}
    labels = [hidden, {"dense": "classes"}]
    yield Row("softmax before cross_entropy", [*labels, "softmax"])
    yield Row("softmax twice, as PyTorch", [*labels, "softmax"], config={"compat": "torch"})
    weights = {"c0": 3.0, "c3": 0.25}
    for name, fields in {
        "smoothed": {"label_smoothing": 0.1},
        "smoothed over others": {"label_smoothing": 0.1, "smooth_over": "others"},
        "weighted": {"class_weights": weights},
        "weighted mean": {"class_weights": weights, "divide_by": "weights", "label_smoothing": 0.2},
    }.items():
        yield Row(f"cross_entropy {name}", labels, config={"loss": {"cross_entropy": fields}})
    for name, end in {"plain": {"dense": 1}, "after sigmoid": {"dense": {"units": 1, "activation": "sigmoid"}}}.items():
        config = _loss("binary_cross_entropy")
        yield Row(f"binary_cross_entropy {name}", [hidden, end], target="binary", config=config)
    weighted = {"loss": {"binary_cross_entropy": {"positive_weight": 3.0}}}
    yield Row("binary_cross_entropy weighted", [hidden, {"dense": 1}], target="binary", config=weighted)
    for targets in (1, 3, 17):
        for loss in ("mse", "mae", "huber"):
            model = [hidden, {"dense": "targets"}]
            yield Row(f"{loss} of {targets}", model, target="numbers", targets=targets, config=_loss(loss))


def _loss(name: str) -> dict[str, Any]:
    return {"loss": name}


def training_rows() -> Iterator[Row]:
    model = [{"dense": {"units": 33, "activation": "relu"}}, {"dense": 17}, "layer_norm", *HEAD]
    for name in sorted(registered("optimizer")):
        for compat in (None, "torch", "mxnet"):
            fields = {"weight_decay": 0.1, "decoupled": compat is None, "decay_biases": compat == "torch"}
            yield Row(f"{name} of {compat}", model, config={"compat": compat, "optimizer": {name: fields}})
    yield Row("sgd alone", model, config={"optimizer": "sgd"})
    for compat in (None, "torch"):
        nesterov = {"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True}}
        yield Row(f"nesterov of {compat}", model, config={"compat": compat, "optimizer": nesterov})
    for name, train in {
        "accumulated": {"accumulate": 2, "batch_size": 16},
        "clipped by norm": {"clip": {"norm": 0.1}},
        "clipped by value": {"clip": {"value": 0.01}},
        "averaged": {"average": 0.9},
        "accumulated, clipped and averaged": {
            "accumulate": 3, "batch_size": 11, "clip": {"norm": 0.1}, "average": 0.9,
        },
        "padded": {"last_batch": "pad"},
        "in file order": {"shuffle": False},
        "of a seed that fills 64 bits": {"seed": 2**64 - 1},
    }.items():  # fmt: skip
        yield Row(name, model, config={"train": train})
    for factor in (np.float32(1 / 255), np.linspace(0.01, 0.02, 5, dtype=np.float32)):
        yield Row(f"bytes scaled by {factor.shape}", _around("relu"), shape=(3, 5), scaled=np.asarray(factor))
    yield Row("bytes, flattened", ["flatten", *model], shape=(3, 5), scaled=np.asarray(np.float32(1 / 255)))


GRADIENTS = [*layer_rows(), *loss_rows()]
ROWS = [*GRADIENTS, *training_rows()]
