"""The arithmetic of a training step: multiplications and additions as the ops themselves count them."""

from __future__ import annotations

from dataclasses import dataclass

from dltool.ops.graph import Node
from dltool.program.building import Network


@dataclass(frozen=True)
class Work:
    """What grows with the batch, and what does not."""

    per_sample: int
    per_update: int


def work_of(network: Network) -> Work:
    """The work of a training network."""
    nodes = [node for fused in network.program.nodes for node in (fused, *fused.epilogue)]
    return Work(
        per_sample=sum(node.op.flops(node) for node in nodes if _grows(node)),
        per_update=sum(node.op.flops(node) for node in nodes if not _grows(node)),
    )


def flops(fused: Node, samples: int) -> int:
    """The work of a node, with what is fused into it, in one update of so many samples."""
    return sum(node.op.flops(node) * (samples if _grows(node) else 1) for node in (fused, *fused.epilogue))


def _grows(node: Node) -> bool:
    return any(value.spec.batched for value in node.reads)
