"""From a config to a program: batch, layers, loss, gradient, update; one for training, one for evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from dltool.config.experiment import Experiment
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.formatting import first_few
from dltool.layers.layer import build_layers
from dltool.losses.output_activations import OutputActivation, activate
from dltool.ops.graph import Graph, Value
from dltool.ops.op import Spec
from dltool.program.batch import RowOrder, fetch_batch, row_order
from dltool.program.freezing import require_frozen
from dltool.program.gradient import differentiate
from dltool.program.idle import idle_layers
from dltool.program.lowering import lower_forward, lower_step
from dltool.program.program import Program, make_program
from dltool.program.recomputing import recompute
from dltool.program.rounding import round_operands
from dltool.program.update import append_updates
from dltool.program.windows import shown_window

#: classes that a warning lists
LISTED = 8


@dataclass(frozen=True, eq=False)
class Network:
    """A graph for batches of up to `rows` samples, and what its outputs mean."""

    graph: Graph
    rows: int
    prediction: Value  # what the last layer gives
    output: Value  # what is collected for each sample
    output_activation: OutputActivation  # what turns collected outputs into predictions
    class_weights: np.ndarray | None = None  # (classes,), what samples count in the mean of their losses; None: all 1
    quantiles: tuple[float, ...] = ()  # that it predicts of each target
    over_tokens: bool = False  # the mean of losses is one over tokens
    micro_batches: int = 1  # of an update
    idle_layers: Sequence[tuple[str, str]] = ()  # pairs of layers that act as one
    texts: Sequence[CodeField] = ()  # sequences of codes that it reads, perhaps only their beginnings

    @cached_property
    def program(self) -> Program:
        """The graph planned for the cpu kernels."""
        return make_program(self.graph, self.rows)

    @cached_property
    def gradient_program(self) -> Program:
        """The part of it that runs for each micro-batch, and leaves the sums of gradients."""
        return make_program(self.graph, self.rows, chosen=lambda node: not node.per_update)

    @cached_property
    def update_program(self) -> Program:
        """The part of it that runs once for each update."""
        return make_program(self.graph, self.rows, chosen=lambda node: node.per_update)

    @property
    def weighs(self) -> bool:
        """Whether the mean of losses is one by weights."""
        return self.class_weights is not None or self.over_tokens

    def weights(self, targets: np.ndarray | None, rows: np.ndarray, of_samples: np.ndarray | None = None) -> np.ndarray:
        """What losses of consecutive groups of samples are divided by: the `rows` (n,) of each, or their weights.

        Training leaves out the weights `of_samples` (samples,), which average 1: a batch of heavy samples counts more.
        """
        weights = of_samples
        if targets is not None and self.over_tokens:
            weights = targets[:, 0]
        elif targets is not None and self.class_weights is not None:
            of_classes = self.class_weights.astype(np.float64)[targets.reshape(-1)]
            weights = of_classes if of_samples is None else of_classes * of_samples
        if weights is None:
            return rows
        return np.add.reduceat(weights.astype(np.float64), np.cumsum(rows) - rows)

    def predictions(self, outputs: np.ndarray) -> np.ndarray:
        """Predictions (n, k) from collected outputs; of quantiles (n, k, quantiles), sorted so that none cross."""
        predictions = activate(self.output_activation, outputs)
        if not self.quantiles:
            return predictions
        return np.sort(predictions.reshape(len(predictions), len(self.quantiles), -1).swapaxes(1, 2), axis=2)

    def inputs(self, samples: Samples) -> dict[str, np.ndarray]:
        """Samples in the types that the network gathers: a target is int64 (n,) for labels, else float32 (n, k)."""
        values = self.graph.values
        features = np.ascontiguousarray(samples.features)
        if "features" in values:
            features = features.reshape(len(features), *values["features"].shape)
        targets = values["target"].spec if "target" in values else Spec(samples.targets.shape[1:])
        shape = () if targets.dtype == "int64" else targets.shape
        given = {
            "features": features,
            "codes": np.ascontiguousarray(samples.codes),
            "target": np.ascontiguousarray(samples.targets.reshape(len(samples), *shape), dtype=targets.dtype),
        }
        if "sample_weights" in values:
            weights = np.ones(len(samples)) if samples.weights is None else samples.weights
            given["sample_weights"] = np.ascontiguousarray(weights.reshape(-1, 1), np.float32)
        if samples.alias:
            given |= {"chances": samples.alias.chances, "others": samples.alias.others}
        return given

    def holds(self, samples: Samples) -> np.ndarray:
        """Which samples (n,) have no token behind those that it reads."""
        held = np.ones(len(samples), bool)
        for text in self.texts:
            if text.read is not None and text.read < text.length:
                held &= samples.codes[:, text.start + text.read] < 0
        return held

    @property
    def in_streams(self) -> bool:
        """Whether each batch continues the one before."""
        return self.graph.carries

    @property
    def warnings(self) -> list[str]:
        """What the user should know about the network."""
        return self.graph.warnings


def share_parameters(one: Network, other: Network) -> bool:
    """Whether two networks have the same parameters, and what else they keep in common has the same shapes."""
    first, second = ({value.name: value.shape for value in of.graph.persistent} for of in (one, other))
    saved = ({value.name for value in of.graph.saved} for of in (one, other))
    return next(saved) == next(saved) and all(first[name] == second[name] for name in first.keys() & second.keys())


def build_network(
    experiment: Experiment,
    signature: Signature,
    *,
    training: bool,
    rows: int,
    order: RowOrder | None = None,
    longest: int | None = None,
    lower: bool = True,
) -> Network:
    """The network of a config for batches of up to `rows` samples; raises InputError where things do not fit.

    `order` is how it takes the rows of its data: by default as the config says in training, else as they come. Texts
    must not have more than `longest` tokens. `lower` rewrites the graph for the cpu kernels.
    """
    graph = empty_graph(experiment, signature, training=training, rows=rows)
    graph.warnings += _guessed_order(experiment, signature)
    if order is None:
        order = row_order(experiment) if training else "as they come"
    signature = _shortened(signature, longest)
    features, target, mixed, weights = fetch_batch(graph, experiment, signature, order)
    prediction = build_layers(graph, experiment.model, features)
    if signature.task == "inputs" and prediction.shape == features.shape:
        prediction = graph.apply("reshape", prediction, shape=target.shape)
    require_frozen(graph)
    idle = idle_layers(graph)
    with graph.inside("loss"):
        loss = experiment.loss
        if mixed:
            built = loss.build_mixed(graph, prediction, target, mixed, classes=signature.class_shares)
        else:
            built = loss.build(graph, prediction, target, classes=signature.class_shares)
        with graph.part("batch"):
            graph.apply("mean_loss", built.row_loss, *([] if weights is None else [weights]))
            graph.apply("collect", built.output)
    if lower:
        lower_forward(graph, features, experiment)
    if training:
        gradients = differentiate(graph, built.row_loss, weights)
        append_updates(graph, gradients, experiment)
    if lower:
        recompute(graph)
    if experiment.train.precision == "bfloat16":
        round_operands(graph)
    if lower:
        lower_step(graph, experiment)
    _key_random_ops(graph, experiment.train.seed)
    return Network(
        graph,
        rows,
        prediction=prediction,
        output=built.output,
        output_activation=built.output_activation,
        class_weights=built.class_weights,
        quantiles=built.quantiles,
        over_tokens=built.over_tokens,
        micro_batches=experiment.train.micro_batches,
        idle_layers=idle,
        texts=[field for field in signature.codes if field.sequence],
    )


def _guessed_order(experiment: Experiment, signature: Signature) -> Iterator[str]:
    """A warning where the order of classes matters, and is only that of the alphabet."""
    names, given = signature.classes or (), getattr(experiment.data.source, "class_order", None)
    if experiment.loss.ordered and not given and not all(name.lstrip("-").isdecimal() for name in names):
        yield (
            f"'{experiment.loss.yaml_name}' takes the classes in the order of the alphabet, {first_few(names, LISTED)};"
            f" give another from the lowest to the highest: data.{experiment.data.source.yaml_name}.class_order"
        )


def _shortened(signature: Signature, longest: int | None) -> Signature:
    """The same data, of whose texts only the first tokens are read."""
    if longest is None:
        return signature
    codes = tuple(replace(one, read=min(longest, one.length)) if one.sequence else one for one in signature.codes)
    return replace(signature, codes=codes)


def empty_graph(
    experiment: Experiment, signature: Signature, *, training: bool, rows: int = 1, context: int | None = None
) -> Graph:
    """A graph that knows what the network of a config is for."""
    outputs = experiment.loss.outputs(len(signature.classes or signature.targets))
    kind = "classes" if signature.classes else "targets"
    return Graph(
        training=training,
        outputs=outputs,
        output_kind=kind,
        compat=experiment.compat,
        frozen=experiment.frozen,
        rows=rows,
        context=context,
        window=shown_window(experiment, signature),
    )


def _key_random_ops(graph: Graph, seed: int) -> None:
    for node in graph.nodes:
        if "key" in node.attributes:
            node.attributes = {**node.attributes, "key": seed}
