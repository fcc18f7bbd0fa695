"""The preprocessing that training fits and a checkpoint keeps: for features and for the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dltool.config.columns import clean_name
from dltool.data.column_types.column_type import ColumnType, stored_type
from dltool.data.preprocessing.features import Preparation, stored_preparation
from dltool.data.samples.signature import Signature
from dltool.data.targets.target import Target


@dataclass(frozen=True)
class Preprocessing:
    """How samples of a source become inputs and targets of a network."""

    features: Preparation
    target: Target
    types: Mapping[str, ColumnType] = field(default_factory=dict)  # how the columns of a table are read
    source_state: Mapping[str, Any] = field(default_factory=dict)  # what the source of the training part has fitted

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that are needed; none for arrays."""
        return tuple(self.features.types)

    def signature(self, rows: Mapping[str, int]) -> Signature:
        """The signature for parts with these numbers of rows."""
        features, late = self.features, self.features.scale if self.features.feature_dtype == "uint8" else None
        return Signature(
            feature_shape=features.feature_shape,
            feature_dtype=features.feature_dtype,
            offset=late.offset.astype(np.float32) if late else None,
            factor=late.factor.astype(np.float32) if late else None,
            codes=features.codes,
            numbers=features.numbers,
            classes=self.target.classes,
            targets=self.target.names,
            rows={"train": self.target.rows, **rows},
            task=self.target.task,
            target_scale=self.target.scale,
            class_counts=self.target.counts,
            forecast=self.target.forecast,
            window_scale=features.scale if self.target.forecast else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        data: dict[str, Any] = {"features": self.features.as_json(), "target": self.target.as_json()}
        if self.types:
            data["types"] = {name: one.resolved() for name, one in self.types.items()}
        if self.source_state:
            data["source_state"] = dict(self.source_state)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preprocessing:
        """The object from the result of `as_json`; names of columns in older checkpoints may have line breaks."""
        types = {clean_name(name): stored_type(stored) for name, stored in data.get("types", {}).items()}
        features, target = stored_preparation(data["features"]), Target.from_json(data["target"])
        names = "source_state", "by_source", "settled"  # the last two in older checkpoints
        return cls(features, target, types, next((data[name] for name in names if name in data), {}))
