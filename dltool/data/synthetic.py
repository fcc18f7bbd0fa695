"""Random samples for benchmarks: there is nothing in them to learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from dltool.data.source import Outline, Samples, Source
from dltool.registry import register


@register("source", "synthetic")
class Synthetic(Source):
    """Normally distributed features with random classes or numbers as targets, for benchmarks."""

    features: PositiveInt
    classes: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="of a classifier; all are equally frequent"
    )
    targets: PositiveInt | None = Field(default=None, description="numbers to predict")
    rows: PositiveInt = 4096
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _one_kind_of_target(self) -> Self:
        if (self.classes is None) == (self.targets is None):
            raise ValueError("expected either 'classes' or 'targets'")
        if self.classes and self.rows < self.classes:
            raise ValueError(f"{self.rows} rows cannot hold {self.classes} classes; raise 'rows'")
        return self

    def outline(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Outline:
        """Draws the targets only."""
        generator = np.random.default_rng([self.seed, 0])
        if self.classes:
            targets = {"class": generator.permutation(self.rows) % self.classes}
        else:
            targets = {f"target_{i}": generator.standard_normal(self.rows) for i in range(self.targets or 0)}
        return Outline(
            where="synthetic",
            place=lambda row: f"synthetic[{row}]",
            rows=self.rows,
            feature_shape=(self.features,),
            feature_dtype="float32",
            feature_names=(),
            targets=targets,
            task="classes" if self.classes else "numbers",
        )

    def read(self, folders: Sequence[Path], features: Sequence[str] = ()) -> Samples:
        """Draws features and targets."""
        generator = np.random.default_rng([self.seed, 1])
        array = generator.standard_normal((self.rows, self.features), dtype=np.float32)
        return Samples(self.outline(folders), array)
