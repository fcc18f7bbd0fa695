"""Images and series enlarged by whole factors."""

from __future__ import annotations

import numpy as np

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def upsample_nearest(
    model: Model, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Variable:
    """UpSampling1D or UpSampling2D."""
    if len(x.shape) == 2:
        return model.let(f"layers.UpSampling1D({factor_width})({x.made.name})")
    return model.let(f"layers.UpSampling2D({(factor_height, factor_width)})({x.made.name})")


def upsample_bilinear(
    model: Model, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Variable:
    """UpSampling2D; of series, which it does not take, both neighbors of each place by their weights."""
    if len(x.shape) == 3:
        options = f'{(factor_height, factor_width)}, interpolation="bilinear"'
        return model.let(f"layers.UpSampling2D({options})({x.made.name})")
    place = np.clip((np.arange(width * factor_width) + 0.5) / factor_width - 0.5, 0, width - 1)
    first = np.floor(place).astype(int)
    weights = np.zeros((len(place), width), np.float32)
    weights[np.arange(len(place)), first] += 1 - (place - first)
    weights[np.arange(len(place)), np.minimum(first + 1, width - 1)] += place - first
    known = Operand(x.spec, f"{x.path}.neighbors", None, weights)
    return model.let(f"ops.matmul({model.tensor(known)}, {x.made.name})")
