"""How much memory of a device a network needs."""

from __future__ import annotations

from dataclasses import dataclass

from dltool.config.amounts import amount
from dltool.program.building import Network


@dataclass(frozen=True)
class Needs:
    """Bytes that do not depend on the batch, and those for each of its samples, if every value were kept."""

    fixed: int
    per_sample: int

    @classmethod
    def of(cls, network: Network, data: int) -> Needs:
        """The memory that a network needs, with its `data` in bytes."""
        values = [value for value in network.graph.values.values() if value.role != "data"]
        activations = [value for value in values if value.role == "activation"]
        once = sum(4 * value.spec.size for value in values if not value.spec.batched)
        return cls(data + once, sum(4 * value.spec.size for value in activations if value.spec.batched))

    def told(self, rows: int, memory: int | None, devices: int = 1) -> str:
        """The needs of a batch in words, and the largest batch that should fit into the `memory` of each device."""
        words = f": the network and its data need {amount(self.fixed)}, a batch of {rows} at most "
        words += amount(self.per_sample * rows // devices)
        fits = 0 if memory is None else devices * max(0, memory - self.fixed) // max(1, self.per_sample)
        return f"{words}; train.batch_size: {fits} should fit" if 0 < fits < rows else f"{words}; use a smaller batch"
