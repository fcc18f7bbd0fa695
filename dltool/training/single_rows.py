"""Batches of one row, which batch norm cannot normalize: PyTorch refuses them, Keras returns the same for each."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from dltool.program.building import Network
from dltool.training.batching import Batching


def without_single_row(batching: Batching, network: Network) -> Batching:
    """The batching without a last batch of one row, if the network normalizes over batches.

    Warnings about it are added to those of the network.
    """
    layers = _normalizing(network)
    if not layers:
        return batching
    if batching.largest_batch == 1:
        _warn(
            network,
            f"{layers[0]}: in a batch of one row every value is its own mean, so the output is the same for all rows;"
            " use a larger train.batch_size, or layer_norm",
        )
    elif batching.ends_alone:
        _warn(
            network,
            f"{layers[0]}: the last batch of an epoch would have a single row, which cannot be normalized: that row is"
            " left out (a different one in each epoch if rows are shuffled)",
        )
        return replace(batching, samples=batching.samples - 1)
    return batching


def _normalizing(network: Network) -> list[str]:
    """The layers that normalize over the batch with one value per channel and sample."""
    nodes = network.graph.nodes
    return [
        node.layer
        for node in nodes
        if node.op.yaml_name == "batch_norm"
        or (node.op.yaml_name == "batch_moments" and prod(node.inputs[0].shape[:-1]) == 1)
        or (node.op.yaml_name == "combined_moments" and node.attributes["pixels"] == 1)
    ]


def _warn(network: Network, text: str) -> None:
    """Add a warning once."""
    if text not in network.warnings:
        network.warnings.append(text)
