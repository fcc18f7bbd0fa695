"""The samples of a part in the form in which a network takes them."""

from __future__ import annotations

import numpy as np

from dltool.data.signature import Part
from dltool.program.building import Network


def network_arrays(network: Network, part: Part) -> dict[str, np.ndarray]:
    """Features (n, …) as they are kept, and the target: int64 (n,) for labels, else float32 (n, k)."""
    wanted = network.program.graph.values["target"].spec
    targets = part.targets if wanted.dtype == "int64" else part.targets.reshape(-1, *wanted.shape)
    return {
        "features": np.ascontiguousarray(part.features),
        "target": np.ascontiguousarray(targets, dtype=wanted.dtype),
    }
