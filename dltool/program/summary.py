"""What a network is, in numbers: shapes, parameters, arithmetic and memory, for each layer and in total."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from dltool.ops.graph import Node, Value
from dltool.program.building import Network
from dltool.program.pruning import prune


@dataclass(frozen=True)
class LayerSummary:
    """One row of the table; a layer that owns layers counts what these do not."""

    path: str
    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    parameters: dict[str, tuple[int, ...]]  # shapes by full name
    flops: int  # of one sample's forward pass
    bytes: int  # of parameters, as float32
    frozen_count: int = 0  # numbers in parameters that are not trained

    @property
    def parameter_count(self) -> int:
        """Numbers in all parameters."""
        return self.bytes // 4


@dataclass(frozen=True)
class NetworkSummary:
    """The table and its totals; memory in bytes."""

    layers: list[LayerSummary]
    parameter_count: int
    frozen_count: int  # of these
    forward_flops: int  # of one sample
    step_flops: int  # of one training step
    state_bytes: int  # parameters, slots, averages
    activation_bytes: int  # the arena of a training step, and one thread's scratch
    warnings: list[str]


def summarize(network: Network) -> NetworkSummary:
    """The summary of a training network."""
    program = network.program
    built = {layer.path for layer in program.graph.layers}
    owners: dict[str, list[Value]] = {}
    for value in program.graph.parameters():
        owners.setdefault(_within(value.name.rpartition(".")[0], built), []).append(value)
    flops: dict[str, int] = {}
    for node in program.graph.nodes:
        if node.part == "forward":
            layer = _within(node.layer, built)
            flops[layer] = flops.get(layer, 0) + _work(node, program.rows) // program.rows
    layers = [
        LayerSummary(
            path=layer.path,
            kind=layer.kind,
            input_shape=layer.input.shape,
            output_shape=layer.output.shape,
            parameters={value.name: value.shape for value in owners.get(layer.path, [])},
            flops=flops.get(layer.path, 0),
            bytes=4 * sum(value.spec.size for value in owners.get(layer.path, [])),
            frozen_count=_frozen(owners.get(layer.path, [])),
        )
        for layer in program.graph.layers
    ]
    layers = [*_features(network, flops), *layers]
    return NetworkSummary(
        layers=layers,
        parameter_count=sum(value.spec.size for value in program.graph.parameters()),
        frozen_count=_frozen(program.graph.parameters()),
        forward_flops=sum(layer.flops for layer in layers),
        step_flops=step_flops(network),
        state_bytes=sum(program.layouts[value].bytes for value in program.graph.persistent),
        activation_bytes=program.memory.arena_bytes + program.memory.scratch_bytes,
        warnings=network.warnings,
    )


def _within(path: str, built: Container[str]) -> str:
    """The layer that a path lies in, such as "gru_1" for one of its directions; the path itself outside of layers."""
    outer = path
    while outer and outer not in built:
        outer = outer.rpartition(".")[0]
    return outer or path


def _features(network: Network, flops: Mapping[str, int]) -> list[LayerSummary]:
    """What comes before the first layer, where that is more than numbers: one-hot vectors, embeddings."""
    graph = network.graph
    data = [value for value in graph.values.values() if value.role == "data" and value.name in ("codes", "features")]
    tables = [value for value in graph.parameters() if value.name.startswith("features.")]
    first = graph.layers[0].input
    by_name = first.dtype != "float32"  # sequences, or columns that layers take by name
    if "codes" not in graph.values or (by_name and not tables):
        return []
    return [
        LayerSummary(
            path="features",
            kind="features",
            input_shape=(len(tables) if by_name else sum(value.spec.size for value in data),),
            output_shape=(sum(value.shape[1] for value in tables),) if by_name else first.shape,
            parameters={value.name: value.shape for value in tables},
            flops=sum(count for layer, count in flops.items() if layer.split(".")[0] == "features"),
            bytes=4 * sum(value.spec.size for value in tables),
            frozen_count=_frozen(tables),
        )
    ]


def _frozen(parameters: Iterable[Value]) -> int:
    return sum(value.spec.size for value in parameters if value.frozen)


def step_flops(network: Network) -> int:
    """Multiplications and additions of one training step of a full batch."""
    reports = [value for node in network.graph.nodes if node.op.reports for value in node.outputs]
    return sum(_work(node, network.rows) for node in prune(network.graph.nodes, reports))


def _work(node: Node, rows: int) -> int:
    """Multiplications and additions for a batch."""
    return node.op.flops(node) * (rows if any(value.spec.batched for value in node.reads) else 1)
