"""The table of networks: every layer, activation, loss and optimizer at work. A new one needs a row here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.optimizers.optimizer import Optimizer
from dltool.program.building import Network, build_network
from dltool.registry import registered
from dltool.runtime.engine import Engine
from dltool.runtime.plan import StepPlan
from dltool.training.batching import Batching

SAMPLES, BATCH = 90, 33  # three steps, the last one of 24 samples
CLASSES = 5


@dataclass(frozen=True)
class Row:
    """A network with its data and how it is trained."""

    name: str
    model: list[Any]
    shape: tuple[int, ...] = (7,)
    target: Literal["labels", "binary", "numbers", "tokens"] = "labels"
    targets: int = 1  # numbers to predict
    scaled: np.ndarray | None = None  # the factor of features that are bytes
    integers: int | None = None  # features are integers below this number
    config: dict[str, Any] = field(default_factory=dict)
    codes: tuple[CodeField, ...] = ()
    numbers: dict[str, tuple[int, int]] = field(default_factory=dict)  # of columns: the first, how many
    source: dict[str, Any] | None = None  # in place of a synthetic one

    def __str__(self) -> str:
        return self.name

    @cached_property
    def written(self) -> dict[str, Any]:
        """The config, as a user would write it."""
        source = {"targets": self.targets} if self.target == "numbers" else {"classes": self._classes}
        config = {"optimizer": {"sgd": {"lr": 0.05, "momentum": 0.9}}, "loss": "cross_entropy", **self.config}
        train = {"batch_size": BATCH, "seed": 3, **config.pop("train", {})}
        data = self.source or {"synthetic": {"features": 7, **source}}
        return {"data": data, "model": self.model, "train": train, **config}

    @cached_property
    def experiment(self) -> Experiment:
        return from_resolved(self.written)

    @property
    def _classes(self) -> int:
        return 2 if self.target == "binary" else CLASSES

    @property
    def signature(self) -> Signature:
        names = None if self.target == "numbers" else tuple(f"c{i}" for i in range(self._classes))
        kind: Literal["float32", "uint8", "int32"] = "float32" if self.scaled is None else "uint8"
        if self.integers is not None:
            kind = "int32"
        offset = None if self.scaled is None else np.float32(100) * self.scaled
        columns = tuple(f"t{i}" for i in range(self.targets))
        task = self.target if self.target in ("numbers", "tokens") else "classes"
        rows, fields = {"train": SAMPLES}, (self.codes, self.numbers)
        return Signature(self.shape, kind, offset, self.scaled, names, columns, rows, task, *fields)

    def data(self) -> Samples:
        """Samples with weights where the source names a column for them."""
        if self.experiment.data.source.weight_name is None:
            return self._unweighted()
        weights = np.random.default_rng(6).exponential(size=SAMPLES) * (np.arange(SAMPLES) % 7 > 0)
        return replace(self._unweighted(), weights=weights.astype(np.float32))

    def _unweighted(self) -> Samples:
        generator = np.random.default_rng(5)
        features = generator.normal(size=(SAMPLES, *self.shape)).astype(np.float32)
        if self.scaled is not None:
            features = generator.integers(0, 256, size=features.shape, dtype=np.uint8)
        if self.integers is not None:
            features = generator.integers(0, self.integers, size=features.shape, dtype=np.int32)
        sizes = np.repeat([field.size for field in self.codes], [field.length for field in self.codes]).astype(int)
        codes = generator.integers(-1, sizes, size=(SAMPLES, len(sizes)), dtype=np.int32)
        if self.target == "tokens":
            counts = np.full((SAMPLES, 2), self.shape[0] - 1, np.float32)
            return Samples(features, counts, codes)
        if self.target == "numbers":
            return Samples(features, generator.normal(size=(SAMPLES, self.targets)).astype(np.float32), codes)
        return Samples(features, generator.integers(0, self._classes, size=SAMPLES), codes)

    def network(self, *, training: bool, rows: int = BATCH, lower: bool = True) -> Network:
        return build_network(self.experiment, self.signature, training=training, rows=rows, lower=lower)

    def networks(self, *, lower: bool = True) -> list[Network]:
        """That which is trained, and that which is evaluated."""
        return [self.network(training=training, lower=lower) for training in (True, False)]

    def engine(self, networks: Sequence[Network] | None = None, *, threads: int = 1, debug: bool = False) -> Engine:
        networks = networks or self.networks(lower=not debug)
        return Engine(
            networks[:1],
            networks[1:],
            {"train": self.data()},
            seed=self.experiment.train.seed,
            threads=threads,
            debug=debug,
        )

    def steps(self, first: int, count: int) -> StepPlan:
        """Updates from the `first` on, in their epoch of three."""
        train, optimizer = self.experiment.train, self.experiment.optimizer
        layout = Batching.of(train, SAMPLES)
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
    yield Row("transpose", _around("transpose", {"dense": 4}, "transpose", "tanh"), shape=(3, 5))
    yield Row("reshape", _around({"reshape": [3, -1]}, {"dense": 4}, {"reshape": [-1, 2]}, "relu"), shape=(3, 5))
    for compat in ("keras", "torch", "mxnet"):
        yield Row(f"batch_norm of {compat}", _around("batch_norm", "relu"), config={"compat": compat})
    yield Row("batch_norm over positions", _around("batch_norm", "relu", "batch_norm"), shape=(3, 5))
    yield Row("layer_norm", _around("layer_norm", "relu"))
    yield Row("layer_norm over positions", _around("layer_norm", {"dense": 33}, "layer_norm"), shape=(3, 5))
    yield Row("rms_norm", _around("rms_norm", {"dense": 33}, "rms_norm"), shape=(3, 5))
    yield Row("squeeze_excite", [_conv(17), {"squeeze_excite": 4}, "flatten", *HEAD], shape=(6, 7, 3))
    yield Row("glu", _around({"dense": 34}, "glu", {"dense": 6}, {"glu": "silu"}), shape=(3, 5))
    vectors = {"embedding": {"size": 20, "width": 17}}
    tokens = {"shape": (7,), "integers": CLASSES, "target": "tokens"}
    yield Row("tokens", [{"embedding": 17}, {"dense": {"units": 9, "activation": "relu"}}, *HEAD], **tokens)
    yield Row("tied_dense", [{"embedding": 17}, {"dense": {"units": 17, "activation": "tanh"}}, "tied_dense"], **tokens)
    for kind in ("simple_rnn", "lstm", "gru"):
        stateful = {kind: {"units": 17, "return_sequences": True, "stateful": True, "layers": 2}}
        yield Row(f"stateful {kind}", [{"embedding": 9}, stateful, *HEAD], **tokens)
    dropped = {"units": 17, "return_sequences": True, "stateful": True, "recurrent_dropout": 0.3}
    yield Row("stateful lstm with recurrent dropout", [{"embedding": 9}, {"lstm": dropped}, *HEAD], **tokens)
    yield Row("embedding", [vectors, "rms_norm", {"dense": 4}, "flatten", *HEAD], shape=(6,), integers=20)
    yield from _block_rows()
    yield from _recurrent_rows()
    yield from _transformer_rows()
    yield from _pooling_rows()
    yield from _convolution_rows()


def _recurrent_rows() -> Iterator[Row]:
    series = (6, 5)
    for kind in ("simple_rnn", "lstm", "gru"):
        yield Row(f"{kind} of the last step", [{"dense": 17}, {kind: 18}, *HEAD], shape=series)
        whole = {kind: {"units": 16, "return_sequences": True, "bidirectional": True}}
        yield Row(f"{kind} of all steps in both directions", [{"dense": 17}, whole, "flatten", *HEAD], shape=series)
        stacked = {kind: {"units": 5, "layers": 2, "dropout": 0.2, "bidirectional": True}}
        yield Row(f"{kind} of two layers", [{"dense": 17}, stacked, *HEAD], shape=series)
        forgetful = {kind: {"units": 17, "layers": 2, "recurrent_dropout": 0.3, "bidirectional": True}}
        yield Row(f"{kind} with recurrent dropout", [{"dense": 17}, forgetful, *HEAD], shape=series)
        for compat in ("keras", "torch", "mxnet"):
            yield Row(f"{kind} of {compat}", [{kind: 17}, *HEAD], shape=series, config={"compat": compat})
    yield Row("simple_rnn of relu", [{"simple_rnn": {"units": 9, "activation": "relu"}}, *HEAD], shape=series)


def _transformer_rows() -> Iterator[Row]:
    series = (6, 5)
    grouped = {"heads": 4, "groups": 2, "width": 6, "causal": True, "rotary": True, "bias": False}
    for name, layers in {
        "multi_head_attention": [{"multi_head_attention": 1}],
        "multi_head_attention with dropout": [{"multi_head_attention": {"heads": 1, "causal": True, "dropout": 0.3}}],
        "multi_head_attention in groups": [{"multi_head_attention": grouped}, "position_embedding"],
        "transformer_block": ["sinusoidal_positions", {"transformer_block": {"heads": 1, "causal": True}}],
        "transformer_block with norms after": [
            {"dense": 18},
            {"transformer_block": {"heads": 3, "norm_place": "after", "dropout": 0.2, "hidden": 20}},
        ],
        "transformer_block with swiglu": [
            {"dense": 16},
            {
                "transformer_block": {
                    "heads": 2, "gated": True, "activation": "silu", "norm": "rms_norm", "rotary": True,
                }
            },
        ],
    }.items():  # fmt: skip
        yield Row(name, _around(*layers), shape=series)


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


def _pooling_rows() -> Iterator[Row]:
    image, series = (6, 5, 3), (9, 3)
    for name, layers, shape in [
        ("max_pool2d", [{"max_pool2d": 2}], image),
        ("max_pool2d of same padding", [{"max_pool2d": {"size": 3, "stride": 2, "padding": "same"}}, "relu"], image),
        ("max_pool2d in one direction", [{"max_pool2d": {"size": [3, 1], "stride": 1, "padding": [1, 0]}}], image),
        ("average_pool2d", [{"average_pool2d": {"size": 3, "stride": 2, "padding": 1}}], image),
        ("average_pool2d with padding", [{"average_pool2d": {"padding": 1, "include_padding": True}}], image),
        ("max_pool1d", [{"max_pool1d": {"size": 3, "stride": 2}}], series),
        ("average_pool1d", [{"average_pool1d": {"size": 4, "padding": "same"}}], series),
        ("global_average_pool", ["global_average_pool"], image),
        ("global_max_pool", ["global_max_pool"], image),
        ("global_max_pool of a series", ["global_max_pool"], series),
        ("upsample2d", [{"upsample2d": 2}, {"max_pool2d": 3}], image),
        ("upsample2d bilinear", [{"upsample2d": {"factor": [2, 3], "interpolation": "bilinear"}}], (2, 3, 3)),
        ("upsample1d", [{"upsample1d": 2}, {"upsample1d": {"factor": 3, "interpolation": "linear"}}], (4, 3)),
        ("zero_pad2d and crop2d", [{"zero_pad2d": [[1, 0], [0, 2]]}, {"crop2d": [2, 1]}], image),
        ("zero_pad1d and crop1d", [{"zero_pad1d": [2, 0]}, {"crop1d": 3}], series),
        ("group_norm", [{"group_norm": 17}, "relu"], image),
        ("group_norm of all channels", [{"group_norm": 1}, {"dense": 40}, {"group_norm": 5}], series),
        ("group_norm without positions", [{"dense": 18}, {"group_norm": 3}], (7,)),
    ]:
        yield Row(name, _around(*layers), shape=shape)


def _convolution_rows() -> Iterator[Row]:
    image, series = (6, 7, 3), (19, 2)
    block = [_conv(5, padding="same", bias=False), "batch_norm", "relu", _conv(5, padding=1, bias=False), "batch_norm"]
    shortcut = [_conv(20, kernel=1, stride=2, bias=False), "batch_norm"]
    for name, layers, shape in [
        ("conv2d", [_conv(5, activation="relu")], image),
        ("conv2d of even kernels", [_conv(17, kernel=2, stride=2, activation="gelu"), _conv(4, kernel=[3, 1])], image),
        ("conv2d dilated", [_conv(4, padding=[2, 1], dilation=[2, 1], activation="tanh"), "dropout"], image),
        ("conv2d in groups", [_conv(6, groups=3, padding=1), _conv(6, groups=6), _conv(34, groups=2, kernel=1)], image),
        ("residual convolutions", [_conv(5, bias=False), "batch_norm", "relu", {"residual": block}, "relu"], image),
        ("a projected shortcut", [{"parallel": [[_conv(20, stride=2, padding="same")], shortcut]}, "relu"], image),
        (
            "depthwise_conv2d",
            [{"depthwise_conv2d": {"padding": "same", "activation": "relu"}}, _conv(9, kernel=1)],
            image,
        ),
        ("conv2d_transpose", [_conv(5, stride=2), {"conv2d_transpose": {"filters": 4, "stride": 2}}, "relu"], image),
        (
            "conv2d_transpose of same padding",
            [{"conv2d_transpose": {"filters": 17, "stride": 3, "padding": "same"}}],
            image,
        ),
        (
            "conv2d in Winograd's form",
            [_conv(17, padding=1), "tanh", {"residual": [_conv(17, padding="same"), "gelu"]}],
            (9, 10, 3),
        ),
        ("conv1d in Winograd's form", [{"conv1d": 16}, "tanh", {"conv1d": {"filters": 33, "kernel": 5}}], (30, 2)),
        ("conv1d", [{"conv1d": {"filters": 17, "kernel": 5, "padding": "same"}}, "batch_norm", "relu"], series),
        ("conv1d dilated", [{"conv1d": {"filters": 4, "dilation": 2, "stride": 2}}, {"depthwise_conv1d": 3}], series),
        ("conv1d_transpose", [{"conv1d_transpose": {"filters": 3, "stride": 2, "padding": 1}}], series),
    ]:
        yield Row(name, [*layers, "flatten", *HEAD], shape=shape)
    for compat in ("keras", "torch", "mxnet"):
        model = [_conv(4), "batch_norm", "relu", "flatten", *HEAD]
        yield Row(f"convolutions of {compat}", model, shape=image, config={"compat": compat})


def _conv(filters: int, **fields: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": filters, **fields}}


def frozen_rows() -> Iterator[Row]:
    hidden, image = {"dense": {"units": 17, "activation": "relu"}}, (6, 7, 3)
    through = [hidden, "batch_norm", "relu", *HEAD]
    yield Row("frozen below", [hidden, "layer_norm", hidden, *HEAD], config={"freeze": ["dense_1.*", "layer_norm_1.*"]})
    yield Row("frozen above", [hidden, hidden, *HEAD], config={"freeze": ["dense_2.*", "*.bias"]})
    yield Row("frozen batch_norm", through, config={"freeze": "batch_norm_*.gain", "train": {"ema_decay": 0.9}})
    yield Row("frozen batch_norm below", ["batch_norm", *through], config={"freeze": "*_1.bias", "compat": "keras"})
    for compat in ("torch", "mxnet"):
        config = {"freeze": ["dense_1.*", "batch_norm_*.bias"], "compat": compat}
        yield Row(f"frozen batch_norm of {compat}", through, config=config)
        yield Row(
            f"frozen batch_norm of images, {compat}",
            [_conv(5), *through[1:-1], "flatten", *HEAD],
            shape=image,
            config={**config, "freeze": "batch_norm_1.*"},
        )
    yield Row(
        "frozen convolutions",
        [_conv(5), "batch_norm", "relu", _conv(17, padding="same"), "flatten", *HEAD],
        shape=image,
        config={"freeze": ["conv2d_1.*", "batch_norm_1.*"]},
    )
    yield Row(
        "a frozen block of convolutions",
        [_conv(5), {"residual": [_conv(5, padding="same"), "batch_norm"]}, "relu", "flatten", *HEAD],
        shape=image,
        config={"freeze": "residual_1.*"},
    )


def columns(*columns: tuple[int, int, int | None]) -> tuple[CodeField, ...]:
    """Columns of codes, each with its length, its size and the width of its embedding."""
    starts = np.cumsum([0, *(length for length, _, _ in columns)]).tolist()
    return tuple(
        CodeField(f"column_{i}", start, length, size, width)
        for i, (start, (length, size, width)) in enumerate(zip(starts, columns, strict=False))
    )


MIXED = columns((1, 5, 16), (1, 40, None), (1, 3, 3), (1, 9, 33))


def code_rows() -> Iterator[Row]:
    """What becomes of codes: tables that are multiplied, and where that does not pay, rows of them."""
    hidden = {"dense": {"units": 17, "activation": "relu"}}
    yield Row("embeddings and numbers", [hidden, *HEAD], codes=MIXED)
    yield Row("embeddings alone", [{"dense": {"units": 16, "activation": "gelu"}}, *HEAD], shape=(0,), codes=MIXED)
    yield Row("embeddings of one layer", HEAD, codes=MIXED)
    yield Row("embeddings before a norm", [{"dense": 17}, "batch_norm", "relu", *HEAD], codes=MIXED)
    yield Row("one embedding", [{"dense": {"units": 17, "bias": False}}, *HEAD], shape=(0,), codes=columns((1, 2, 9)))
    yield Row("one-hot alone", [hidden, *HEAD], shape=(0,), codes=columns((1, 50, None)))
    yield Row("embeddings of many", [hidden, *HEAD], codes=columns((1, 300, 4), (1, 3, None)))
    yield Row("embeddings of bags", [hidden, *HEAD], codes=columns((6, 20, 17), (1, 5, 16)))
    yield Row("embeddings normalized", ["layer_norm", hidden, *HEAD], codes=MIXED)
    text = (CodeField("text", 0, 6, 20, None, sequence=True), CodeField("word", 6, 1, 9, 5))
    read = [{"columns": "text"}, {"embedding": 17}, {"conv1d": 5}, "global_max_pool"]
    branches = [read, [{"columns": ["b", "word"]}, {"dense": 3}], [{"columns": "a"}]]
    joined = {"parallel": {"branches": branches, "merge": "concat"}}
    yield Row("columns by name", [joined, hidden, *HEAD], codes=text, numbers={"a": (0, 3), "b": (3, 4)})
    yield Row("a sequence alone", [*read[1:], *HEAD], shape=(0,), codes=text[:1])
    yield Row("embeddings of branches", [{"parallel": [[hidden], [{"dense": 17}]]}, *HEAD], codes=MIXED)


def window_rows() -> Iterator[Row]:
    """Windows of two series, seven rows long; perhaps with two columns that are known up to three rows ahead."""
    fields = {"path": "series.csv", "target": ["b", "a"], "columns": ["a", "b", "c"], "length": 7, "horizon": 3}
    kind: dict[str, Any] = {"target": "numbers", "targets": 6, "config": {"loss": "mse"}}
    ends = [{"dense": {"units": 17, "activation": "tanh"}}, {"dense": "targets"}]
    for name, known, shape in [("", [], (7, 3)), (" with known columns", ["d", "e"], (10, 5))]:
        source = {"windows": {**fields, "known_ahead": known, "steps": True}}
        for center in ("mean", "last"):
            for deviation in (True, False):
                norm = {"center": center, "deviation": deviation, "layers": ["flatten", *ends]}
                which = f"reversible_norm by {center}{', with deviation' * deviation}{name}"
                yield Row(which, [{"reversible_norm": norm}], shape=shape, source=source, **kind)
    for width, what in ((None, "one-hot"), (4, "embedded")):
        of_series = {"codes": (CodeField("shop", 0, 1, 5, width, (0.0, 0.1, 0.2, 0.3, 0.4)),), "shape": (7, 3)}
        yield Row(f"windows and their series, {what}", ["flatten", *ends], **of_series, **kind)
        normed = [{"reversible_norm": ["flatten", *ends]}]
        yield Row(f"the same, normed, {what}", normed, source={"windows": fields}, **of_series, **kind)
    norm = {"reversible_norm": ["flatten", *ends]}
    yield Row("reversible_norm after layers", [{"dense": 4}, norm], shape=(7, 3), source={"windows": fields}, **kind)


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
        "of weighted classes": {"class_weights": weights, "label_smoothing": 0.2, "weigh": "classes"},
    }.items():
        yield Row(f"cross_entropy {name}", labels, config={"loss": {"cross_entropy": fields}})
    yield Row("focal", labels, config={"loss": {"focal": {"gamma": 1.5, "class_weights": weights}}})
    yield Row("ordinal", labels, config={"loss": "ordinal"})
    yield Row("ordinal weighted", labels, config={"loss": {"ordinal": {"class_weights": weights}}})
    for name, end in {"plain": {"dense": 1}, "after sigmoid": {"dense": {"units": 1, "activation": "sigmoid"}}}.items():
        config = _loss("binary_cross_entropy")
        yield Row(f"binary_cross_entropy {name}", [hidden, end], target="binary", config=config)
    weighted = {"loss": {"binary_cross_entropy": {"positive_weight": 3.0}}}
    yield Row("binary_cross_entropy weighted", [hidden, {"dense": 1}], target="binary", config=weighted)
    for targets in (1, 3, 17):
        for loss in ("mse", "mae", "huber"):
            model = [hidden, {"dense": "targets"}]
            yield Row(f"{loss} of {targets}", model, target="numbers", targets=targets, config=_loss(loss))
        model = [{"dense": {"units": 17, "activation": "tanh"}}, {"dense": {"units": "targets"}}]
        config = {"loss": {"quantile": [0.1, 0.5, 0.9]}}
        yield Row(f"quantile of {targets}", model, target="numbers", targets=targets, config=config)


def weighted_rows() -> Iterator[Row]:
    """Losses whose samples have weights from a column."""
    hidden = {"dense": {"units": 17, "activation": "relu"}}
    source = {"table": {"path": "data.csv", "target": "y", "weight": "w"}}
    for loss in ({"cross_entropy": {"label_smoothing": 0.1}}, {"focal": 1.5}):
        yield Row(f"weighted samples, {next(iter(loss))}", [hidden, *HEAD], source=source, config={"loss": loss})
    config = {"loss": {"cross_entropy": {"class_weights": {"c0": 3.0}, "divide_by": "weights"}}}
    yield Row("weighted samples of weighted classes", [hidden, *HEAD], source=source, config=config)
    config = _loss("binary_cross_entropy")
    yield Row("weighted samples, binary", [hidden, {"dense": 1}], target="binary", source=source, config=config)
    for loss in ("mse", "mae", "huber", {"quantile": [0.1, 0.9]}):
        for targets in (1, 17):
            name = loss if isinstance(loss, str) else "quantile"
            fields: dict[str, Any] = {"target": "numbers", "targets": targets, "config": {"loss": loss}}
            model = [hidden, {"dense": "targets"}]
            yield Row(f"weighted samples, {name} of {targets}", model, source=source, **fields)


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
        "in shards, clipped and averaged": {
            "shards": 3, "batch_size": 15, "clip": {"norm": 0.1}, "average": 0.9,
        },
        "in shards of several batches": {"shards": 2, "batch_size": 6, "accumulate": 3},
        "padded": {"last_batch": "pad"},
        "in file order": {"shuffle": False},
        "of a seed that fills 64 bits": {"seed": 2**64 - 1},
    }.items():  # fmt: skip
        yield Row(name, model, config={"train": train})
        weighted = {"table": {"path": "data.csv", "target": "y", "weight": "w"}}
        yield Row(f"{name}, of weighted samples", model, config={"train": train}, source=weighted)
        yield Row(f"{name}, with embeddings", model, config={"train": train, "optimizer": "adam"}, codes=MIXED)
    for factor in (np.float32(1 / 255), np.linspace(0.01, 0.02, 5, dtype=np.float32)):
        yield Row(f"bytes scaled by {factor.shape}", _around("relu"), shape=(3, 5), scaled=np.asarray(factor))
    for shape in ((), (3, 5)):
        shards = {"train": {"shards": 4, "batch_size": 16}}
        yield Row(f"batch norm of {shape} in shards", _around("batch_norm"), shape=shape or (5,), config=shards)
    yield Row("bytes, flattened", ["flatten", *model], shape=(3, 5), scaled=np.asarray(np.float32(1 / 255)))


GRADIENTS = [*layer_rows(), *frozen_rows(), *code_rows(), *window_rows(), *loss_rows(), *weighted_rows()]
ROWS = [*GRADIENTS, *training_rows()]
