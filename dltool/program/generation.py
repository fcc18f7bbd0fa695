"""From the config of a language model to a program that makes one token after the other."""

from __future__ import annotations

from dltool.config.experiment import Experiment
from dltool.data.samples.signature import Signature
from dltool.layers.layer import build_layers
from dltool.program.building import Network, empty_graph
from dltool.program.folding import fold_normalizations
from dltool.program.rounding import round_operands


def build_generator(experiment: Experiment, signature: Signature) -> Network:
    """A network that gives the logits of the next token from one token, and remembers the tokens before.

    The position of a step is that of its token in the text. Raises InputError where the layers need more than one
    token at a time.
    """
    graph = empty_graph(experiment, signature, training=False, context=signature.feature_shape[0] - 1)
    with graph.part("batch"), graph.inside("batch"):
        rows = graph.apply("order", rows_total=0, shuffle=0, key=0)
        token = graph.apply("gather_codes", graph.data("features", (1,), "int32"), rows)
    token.vocabulary = graph.outputs
    logits = build_layers(graph, experiment.model, token)
    if experiment.train.precision == "bfloat16":
        round_operands(graph)
    else:
        fold_normalizations(graph)
    with graph.part("batch"), graph.inside("loss"):
        graph.apply("collect", logits)
    return Network(graph, 1, logits, logits, "softmax")


def require_causal(experiment: Experiment, signature: Signature) -> None:
    """Raises InputError for a language model with a layer that looks at the tokens that it has to predict."""
    if signature.task == "tokens":
        build_generator(experiment, signature)


def context_limit(network: Network) -> int | None:
    """How many tokens the network can go through before it must start again; None: any number."""
    graph = network.graph
    limited = any({"context", "steps"} & node.attributes.keys() for node in graph.nodes)
    return graph.context if limited else None
