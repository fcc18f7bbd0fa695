"""The arithmetic of a training step: multiplications and additions as counted by the ops."""

from __future__ import annotations

from dataclasses import dataclass

from dltool.ops.graph import Node
from dltool.program.building import Network


@dataclass(frozen=True)
class Work:
    """Floating-point operations that grow with the batch, and those that do not."""

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
    """The operations of a node and of the ops fused into it, in one update of `samples` samples."""
    return sum(node.op.flops(node) * (samples if _grows(node) else 1) for node in (fused, *fused.epilogue))


def _grows(node: Node) -> bool:
    return any(value.spec.batched for value in node.reads)
