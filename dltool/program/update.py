"""What follows the gradient: accumulation, clipping, the optimizer's step and averages."""

from __future__ import annotations

from collections.abc import Mapping

from dltool.config.experiment import Clip, Experiment
from dltool.ops.graph import Graph, Value
from dltool.program.sharding import shard_statistics, sum_of_shards

#: what PyTorch adds to the norm before dividing
TORCH_NORM_EPS = 1e-6


def append_updates(graph: Graph, gradients: Mapping[Value, Value], experiment: Experiment) -> None:
    """Adds the update of every parameter; all but the accumulation runs once for each update, not micro-batch."""
    with graph.part("update"):
        _append(graph, gradients, experiment)


def _append(graph: Graph, gradients: Mapping[Value, Value], experiment: Experiment) -> None:
    train = experiment.train
    if train.parts > 1:
        shard_statistics(graph, train.micro_batches)
        gradients = {p: sum_of_shards(graph, gradient, p, train.micro_batches) for p, gradient in gradients.items()}
    elif train.accumulate > 1:
        gradients = {parameter: _accumulated(graph, gradient, parameter) for parameter, gradient in gradients.items()}
    first = len(graph.nodes)
    if train.clip is not None:
        with graph.inside("clip"):
            gradients = _clipped(graph, gradients, train.clip)
    for parameter, gradient in gradients.items():
        with graph.inside(parameter.name.rpartition(".")[0]):
            experiment.optimizer.apply(graph, parameter, gradient)
            if train.ema_decay is not None:
                average = graph.state("average", parameter.shape, None, of=parameter)
                graph.apply("average", parameter, average, decay=train.ema_decay)
    for node in graph.nodes[first:]:
        node.per_update = True


def _accumulated(graph: Graph, gradient: Value, parameter: Value) -> Value:
    total = graph.total(parameter)
    graph.apply("accumulate", gradient, total)
    return total


def _clipped(graph: Graph, gradients: Mapping[Value, Value], clip: Clip) -> dict[Value, Value]:
    if clip.value is not None:
        return {p: graph.apply("clip_value", gradient, limit=clip.value) for p, gradient in gradients.items()}
    partial = [graph.apply("square_sum", gradient) for gradient in gradients.values()]
    eps = TORCH_NORM_EPS if graph.compat == "torch" else 0.0
    scale = graph.apply("clip_scale", *partial, limit=clip.norm, eps=eps)
    return {p: graph.apply("scale_gradient", gradient, scale) for p, gradient in gradients.items()}
