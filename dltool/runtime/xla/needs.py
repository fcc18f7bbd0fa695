"""How much memory of a device a network needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dltool.config.amounts import amount
from dltool.program.building import Network


@dataclass(frozen=True)
class Needs:
    """Bytes of the data at hand, what else does not depend on the batch, and each sample's if every value were kept."""

    data: int
    fixed: int
    per_sample: int

    @classmethod
    def of(cls, network: Network, data: int) -> Needs:
        """The memory that a network needs, with its `data` in bytes."""
        values = [value for value in network.graph.values.values() if value.role != "data"]
        activations = [value for value in values if value.role == "activation"]
        once = sum(4 * value.spec.size for value in values if not value.spec.batched)
        return cls(data, once, sum(4 * value.spec.size for value in activations if value.spec.batched))

    def of_batch(self, rows: int, devices: int = 1) -> int:
        """Bytes for the share that each of some devices has of a batch."""
        return self.per_sample * rows // math.gcd(rows, devices)

    def told(self, rows: int, memory: int | None, devices: int = 1) -> str:
        """The needs of a batch in words, and the largest batch that should fit into the `memory` of each device."""
        fixed = self.fixed + self.data
        words = f": the network and its data need {amount(fixed)}, a batch of {rows} at most "
        words += amount(self.of_batch(rows, devices))
        if memory is not None and self.data > memory // 2:
            return f"{words}; with data.memory: {amount(memory // 4)} the data is sent in parts"
        shares = 0 if memory is None else max(0, memory - fixed) // max(1, self.per_sample)
        fits = devices * min(shares, rows // devices)  # all devices have as much
        return f"{words}; train.batch_size: {fits} should fit" if 0 < fits < rows else f"{words}; use a smaller batch"
