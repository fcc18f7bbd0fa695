"""Class and label weights from a config, by name or in order, as an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from dltool.errors import did_you_mean
from dltool.losses.loss import Loss

Weight = Annotated[float, Field(ge=0)]
Weights = dict[str | int, Weight] | list[Weight]


def given_weights(loss: Loss, field: str, weights: Weights, classes: Mapping[str, float]) -> np.ndarray:
    """One weight for each class or label (k,), by default 1; raises InputError for unknown names or a wrong count."""
    if isinstance(weights, list):
        if len(weights) != len(classes):
            raise loss.refuse(
                f"has {len(weights)} {field}, but the data has {len(classes)} names", "give one weight for each"
            )
        return np.array(weights)
    names, values = list(classes), np.ones(len(classes))
    for name, weight in weights.items():
        if str(name) not in classes:
            raise loss.refuse(f"has a weight for '{name}', which is not in the data", did_you_mean(str(name), names))
        values[names.index(str(name))] = weight
    return values
