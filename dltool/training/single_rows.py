"""Batches of one row, over which nothing can be normalized: PyTorch refuses them, Keras makes each the same."""

from __future__ import annotations

from dataclasses import replace

from dltool.program.building import Network
from dltool.training.layout import EpochLayout


def without_single_row(layout: EpochLayout, network: Network) -> EpochLayout:
    """The layout that a network can be trained in: without a last batch of one row, if it normalizes over batches.

    Warnings about it join those of the network.
    """
    layers = _normalizing(network)
    if not layers:
        return layout
    if layout.largest_batch == 1:
        _warn(
            network,
            f"{layers[0]}: over a batch of one row every value is its own mean, so that what comes out is the same"
            " for all rows; use a larger train.batch_size, or layer_norm",
        )
    elif layout.ends_alone:
        _warn(
            network,
            f"{layers[0]}: the last batch of an epoch would have one row, over which nothing can be normalized: the row"
            " is left out, another one in each epoch where rows are shuffled",
        )
        return replace(layout, samples=layout.samples - 1)
    return layout


def _normalizing(network: Network) -> list[str]:
    """The layers that normalize over the batch, and find one value of each channel in a sample."""
    nodes = network.program.graph.nodes
    return [
        node.layer
        for node in nodes
        if node.op.yaml_name == "batch_norm"
        or (node.op.yaml_name == "batch_moments" and node.attributes["pixels"] == 1)
    ]


def _warn(network: Network, text: str) -> None:
    """Once, however often the layout is asked for."""
    if text not in network.warnings:
        network.warnings.append(text)
