"""What a network runs on: the processor, or devices that run compiled programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Device:
    """The processor with dltool's own kernels (cpu), GPUs (cuda), or the processor with XLA's code (xla)."""

    kind: Literal["cpu", "cuda", "xla"] = "cpu"
    count: int | Literal["all"] = 1  # over which every batch is spread
    precision: Literal["float32", "bfloat16", "tf32"] = "float32"  # of products
    joined: bool = False  # whether every batch is spread over those of all ranks, `count` of each

    @property
    def lowers(self) -> bool:
        """Whether graphs are rewritten for it."""
        return self.kind == "cpu"


CPU = Device()
#: what is compiled for a device, in place of the name of a kernel
PROGRAM = "the network"
#: told after it, where all of that was compiled before
LOADED = "the network, from the cache"
