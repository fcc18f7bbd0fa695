"""Random samples for benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from dltool.data.column_types.column_type import Kind
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import ArrayReader, Raw, Reader
from dltool.data.sources.source import Source
from dltool.registry import register


@register("source", "synthetic")
class Synthetic(Source):
    """Random numbers, series or images with random classes or numbers as targets, for benchmarks."""

    path_fields = ()

    features: PositiveInt | Annotated[list[PositiveInt], Field(min_length=2, max_length=3)] = Field(
        description="number of features, or their shape: [length, channels] or [height, width, channels]"
    )
    bytes: bool = Field(default=False, description="whole numbers from 0 to 255, as in images")
    categories: list[Annotated[int, Field(ge=2)]] = Field(
        default=[], description="number of categories in each of the additional columns category_1, category_2, …"
    )
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
        if self.categories and not isinstance(self.features, int):
            raise ValueError("categories need 'features' as a number, not as a shape")
        if self.categories and self.bytes:
            raise ValueError("categories cannot be combined with 'bytes'; leave one out")
        return self

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """None."""
        return []

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Draws the targets; the features are drawn when they are read."""
        generator = np.random.default_rng([self.seed, 0])
        if self.classes:
            targets = {"class": generator.permutation(self.rows) % self.classes}
        else:
            targets = {f"target_{i}": generator.standard_normal(self.rows) for i in range(self.targets or 0)}
        outline = Outline(
            where="synthetic",
            place=lambda row: f"synthetic[{row}]",
            rows=self.rows,
            task="classes" if self.classes else "numbers",
            targets=targets,
            columns=self._columns,
            feature_shape=self._shape,
            feature_dtype="uint8" if self.bytes else "float32",
        )
        return ArrayReader(outline, self._draw_columns if self.categories else self._draw)

    @property
    def _shape(self) -> tuple[int, ...]:
        return (self.features,) if isinstance(self.features, int) else tuple(self.features)

    @property
    def _columns(self) -> dict[str, Kind]:
        if not self.categories:
            return {}
        texts: dict[str, Kind] = {f"category_{i + 1}": "text" for i in range(len(self.categories))}
        return {**texts, **{f"number_{i + 1}": "number" for i in range(self._shape[0])}}

    def _draw(self) -> np.ndarray:
        generator = np.random.default_rng([self.seed, 1])
        if self.bytes:
            return generator.integers(256, size=(self.rows, *self._shape), dtype=np.uint8)
        return generator.standard_normal((self.rows, *self._shape), dtype=np.float32)

    def _draw_columns(self) -> Raw:
        generator = np.random.default_rng([self.seed, 2])
        drawn = [generator.integers(count, size=self.rows).astype(str).astype(object) for count in self.categories]
        return dict(zip(self._columns, [*drawn, *self._draw().T], strict=True))
