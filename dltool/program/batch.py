"""The beginning of every program: nodes that fetch the features and targets of a batch."""

from __future__ import annotations

from typing import Literal

from dltool.config.experiment import Experiment
from dltool.data.samples.signature import Signature
from dltool.errors import InputError, Problem
from dltool.layers.layer import stateful_layers
from dltool.losses.loss import Loss, Mixed
from dltool.ops.graph import Graph, Value
from dltool.program.augmenting import augmented_images
from dltool.program.features import first_value
from dltool.registry import registered

#: how a program takes the rows of its data: in file order, shuffled in every epoch, drawn with replacement, or in
#: streams that each batch continues
RowOrder = Literal["as they come", "shuffled", "drawn", "in streams"]


def row_order(experiment: Experiment) -> RowOrder:
    """How training on samples in memory takes its rows."""
    train = experiment.train
    if stateful_layers(experiment.model):
        return "in streams"
    if train.sampling:
        return "drawn"
    return "shuffled" if train.shuffle else "as they come"


def fetch_batch(
    graph: Graph, experiment: Experiment, signature: Signature, order: RowOrder
) -> tuple[Value, Value, Mixed | None, Value | None]:
    """The nodes that fetch a batch: features as float32, targets as the loss wants them.

    Further labels if samples are mixed, and the weights (1,) of samples if they have any.
    """
    if stateful_layers(experiment.model):
        _require_following_blocks(experiment, signature)
    with graph.part("batch"), graph.inside("batch"):
        rows = _rows(graph, order)
    mixture = mixed = None
    if graph.training and experiment.augment:
        with graph.part("batch"), graph.inside("batch"):
            features, mixture = augmented_images(graph, experiment.augment, signature, rows)
    else:
        features = first_value(graph, signature, rows, experiment.model)
    with graph.part("batch"), graph.inside("batch"):
        loss = experiment.loss
        if signature.task == "inputs":
            _require_reconstruction(loss)
            target = _own_target(graph, signature, features)
            graph.outputs = loss.outputs(target.spec.size)
        elif signature.task == "tokens":
            features, target = graph.apply("next_tokens", features)
            features.vocabulary = graph.outputs
        elif signature.classes and loss.target != "binary":
            labels = graph.data("target", (), "int64")
            target = graph.apply("gather_labels", labels, rows)
            if mixture:
                mixed = Mixed(graph.apply("gather_labels", labels, mixture.others), mixture.share)
        else:
            width = 1 if signature.classes else signature.target_width
            target = graph.apply("gather_targets", graph.data("target", (width,)), rows)
            if width > 1 and width > len(signature.targets):  # behind them is the number of the series
                target = graph.apply("slice", target, axis=-1, start=0, size=len(signature.targets))
        weights = None
        if experiment.data.source.weight_name:
            weights = graph.apply("gather_targets", graph.data("sample_weights", (1,)), rows)
    return features, target, mixed, weights


def _require_following_blocks(experiment: Experiment, signature: Signature) -> None:
    """Raises InputError unless each block of tokens begins where the one before it ends."""
    if signature.task != "tokens":
        message = "stateful layers go on in the next block of a text_stream; leave out stateful"
        raise InputError(Problem(message, path="model"))
    if getattr(experiment.data.source, "stride", None):
        message = "stateful layers go on in the next block, so blocks cannot overlap or leave tokens out; leave it out"
        raise InputError(Problem(message, path="data.text_stream.stride"))


def _require_reconstruction(loss: Loss) -> None:
    """Raises InputError for a loss that does not compare outputs with the inputs themselves."""
    if "inputs" not in loss.tasks:
        fitting = ", ".join(name for name, other in sorted(registered("loss").items()) if "inputs" in other.tasks)
        raise loss.refuse("does not measure how well a network reconstructs its inputs", f"fitting: {fitting}")


def _own_target(graph: Graph, signature: Signature, features: Value) -> Value:
    """The features as the target (k,); raises InputError for embeddings, which would learn to be easy targets."""
    for field in signature.codes:
        if field.width is not None:
            hint = f"features: {{{field.name}: {{category: {{encoding: one_hot}}}}}}, or leave the column out: exclude"
            message = f"column '{field.name}' is embedded, and an embedding is learned, so it is no target; {hint}"
            raise InputError(Problem(message, path="data"))
    return features if len(features.shape) == 1 else graph.apply("reshape", features, shape=(features.spec.size,))


def _rows(graph: Graph, order: RowOrder) -> Value:
    """Which rows of the data are the batch; how many there are is known once data is bound."""
    if order == "drawn":
        tables = graph.data("chances", ()), graph.data("others", (), "int32")
        return graph.apply("draw", *tables, rows_total=0, key=0)
    if order == "in streams":
        return graph.apply("stream_order", streams=graph.rows)
    return graph.apply("order", rows_total=0, shuffle=int(order == "shuffled"), key=0)
