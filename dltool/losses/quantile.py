"""The quantile loss: a network that learns how uncertain its predictions are."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field, field_validator

from dltool.config.experiment import Task
from dltool.losses.loss import Built
from dltool.losses.regression import Regression
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value

Level = Annotated[float, Field(gt=0, lt=1)]


@register("loss", "quantile", main="quantiles")
class Quantile(Regression):
    """Mean over quantiles and targets of the pinball loss (Koenker and Bassett 1978); outputs are quantile by quantile.

    `dense: {units: targets}` gives one output for each quantile of each target.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("numbers",)  # an output for each quantile is no reconstruction

    quantiles: Annotated[list[Level], Field(min_length=1)] = Field(
        default=[0.1, 0.5, 0.9],
        description="rising; the one nearest to 0.5 is the prediction itself, which other metrics measure",
    )

    @field_validator("quantiles")
    @classmethod
    def _rise(cls, quantiles: list[float]) -> list[float]:
        if any(low >= high for low, high in pairwise(quantiles)):
            raise ValueError("expected quantiles that rise, such as [0.1, 0.5, 0.9]")
        return quantiles

    def outputs(self, count: int) -> int:
        """One for each quantile of each target."""
        return count * len(self.quantiles)

    def build(self, graph: Graph, prediction: Value, target: Value, *, classes: Mapping[str, float]) -> Built:
        """Repeat the targets for each quantile, and weigh errors by it."""
        self._require_fit(graph, prediction, target, classes)
        levels = graph.constant("levels", np.repeat(self.quantiles, target.spec.size))
        repeated = graph.apply("concat", *[target] * len(self.quantiles)) if len(self.quantiles) > 1 else target
        row_loss = graph.apply("pinball", prediction, repeated, levels)
        return Built(row_loss, prediction, "identity", quantiles=tuple(self.quantiles))
