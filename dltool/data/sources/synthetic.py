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
    """Random numbers, series, images or texts with random targets, for benchmarks."""

    path_fields = ()

    features: PositiveInt | Annotated[list[PositiveInt], Field(min_length=2, max_length=3)] | None = Field(
        default=None, description="number of features, or their shape: [length, channels] or [height, width, channels]"
    )
    bytes: bool = Field(default=False, description="whole numbers from 0 to 255, as in images")
    categories: list[Annotated[int, Field(ge=2)]] = Field(
        default=[], description="number of categories in each of the additional columns category_1, category_2, …"
    )
    tokens: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="number of different tokens, for texts in place of features"
    )
    block: PositiveInt | None = Field(
        default=None, description="tokens that a language model gets at a time; each predicts the next"
    )
    length: PositiveInt | None = Field(default=None, description="tokens of each text, where texts have targets")
    classes: Annotated[int, Field(ge=2)] | None = Field(
        default=None, description="of a classifier; all are equally frequent"
    )
    targets: PositiveInt | None = Field(default=None, description="numbers to predict")
    rows: PositiveInt = 4096
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _one_kind_of_features(self) -> Self:
        if (self.features is None) == (self.tokens is None):
            raise ValueError("expected either 'features' or 'tokens'")
        if self.tokens is None and (self.block or self.length):
            raise ValueError(f"'{'block' if self.block else 'length'}' belongs to 'tokens', which is not given")
        if self.tokens and (self.block is None) == (self.length is None):
            raise ValueError("tokens need either 'block', for a language model, or 'length', for texts with targets")
        if self.tokens and (self.bytes or self.categories):
            raise ValueError(f"{'bytes' if self.bytes else 'categories'} need 'features'")
        if self.categories and not isinstance(self.features, int):
            raise ValueError("categories need 'features' as a number, not as a shape")
        if self.categories and self.bytes:
            raise ValueError("categories cannot be combined with 'bytes'; leave one out")
        return self

    @model_validator(mode="after")
    def _one_kind_of_target(self) -> Self:
        if self.block and (self.classes or self.targets):
            raise ValueError("the targets of a 'block' are its own tokens; leave out 'classes' and 'targets'")
        if not self.block and (self.classes is None) == (self.targets is None):
            raise ValueError("expected either 'classes' or 'targets'")
        if self.classes and self.rows < self.classes:
            raise ValueError(f"{self.rows} rows cannot hold {self.classes} classes; raise 'rows'")
        return self

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """None."""
        return []

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Draws the targets; the features are drawn when they are read."""
        outline = Outline(
            where="synthetic",
            place=lambda row: f"synthetic[{row}]",
            rows=self.rows,
            task="tokens" if self.block else "classes" if self.classes else "numbers",
            targets=self._targets(),
            columns=self._columns,
            tokens=tuple(map(str, range(self.tokens or 0))) if self.block else (),
            feature_shape=self._shape,
            feature_dtype="int32" if self.tokens else "uint8" if self.bytes else "float32",
        )
        return ArrayReader(outline, self._draw_columns if self.categories else self._draw)

    def _targets(self) -> dict[str, np.ndarray]:
        generator = np.random.default_rng([self.seed, 0])
        if self.block:  # a token stands for one character
            return dict.fromkeys(("tokens", "characters"), np.full(self.rows, self.block, np.float32))
        if self.classes:
            return {"class": generator.permutation(self.rows) % self.classes}
        return {f"target_{i}": generator.standard_normal(self.rows) for i in range(self.targets or 0)}

    @property
    def _shape(self) -> tuple[int, ...]:
        if self.features is None:
            return (self.block + 1,) if self.block else (self.length or 0,)
        return (self.features,) if isinstance(self.features, int) else tuple(self.features)

    @property
    def _columns(self) -> dict[str, Kind]:
        if not self.categories:
            return {}
        texts: dict[str, Kind] = {f"category_{i + 1}": "text" for i in range(len(self.categories))}
        return {**texts, **{f"number_{i + 1}": "number" for i in range(self._shape[0])}}

    def _draw(self) -> np.ndarray:
        generator = np.random.default_rng([self.seed, 1])
        if self.tokens:
            return generator.integers(self.tokens, size=(self.rows, *self._shape), dtype=np.int32)
        if self.bytes:
            return generator.integers(256, size=(self.rows, *self._shape), dtype=np.uint8)
        return generator.standard_normal((self.rows, *self._shape), dtype=np.float32)

    def _draw_columns(self) -> Raw:
        generator = np.random.default_rng([self.seed, 2])
        drawn = [generator.integers(count, size=self.rows).astype(str).astype(object) for count in self.categories]
        return dict(zip(self._columns, [*drawn, *self._draw().T], strict=True))
