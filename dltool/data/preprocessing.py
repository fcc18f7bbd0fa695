"""What training settles about data, and other data must follow: features, classes, and the numbers of the scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dltool.data.scaling import Scale
from dltool.data.signature import Part, Signature
from dltool.data.source import Outline
from dltool.data.targets import Target
from dltool.errors import InputError, Problem


@dataclass(frozen=True)
class Preprocessing:
    """How samples of a source become what a network takes."""

    feature_shape: tuple[int, ...]
    feature_dtype: Literal["float32", "uint8"]
    feature_names: tuple[str, ...]
    target: Target
    scale: Scale | None

    def part(self, features: np.ndarray, targets: np.ndarray, where: str) -> Part:
        """Features as read and encoded targets, ready for training; raises InputError for numbers beyond float32."""
        if self.feature_dtype == "float32":
            features = self.scale.applied(features) if self.scale else _float32(features)
            if not np.isfinite(features).all():
                raise InputError(Problem("features hold numbers that are too large for float32", where))
        return Part(np.ascontiguousarray(features), np.ascontiguousarray(targets))

    def require_alike(self, outline: Outline) -> None:
        """Raises InputError unless the samples of a source have the shape and type of those trained on."""
        if (outline.feature_shape, outline.feature_dtype) != (self.feature_shape, self.feature_dtype):
            got = f"{outline.feature_dtype} {list(outline.feature_shape)}"
            message = f"features are {got}, those of the training part {self.feature_dtype} {list(self.feature_shape)}"
            raise InputError(Problem(message, outline.where))

    def signature(self, rows: Mapping[str, int]) -> Signature:
        """What a network needs to know, for parts of so many rows."""
        late = self.scale if self.feature_dtype == "uint8" else None
        return Signature(
            feature_shape=self.feature_shape,
            feature_dtype=self.feature_dtype,
            offset=late.offset.astype(np.float32) if late else None,
            factor=late.factor.astype(np.float32) if late else None,
            classes=self.target.classes,
            targets=self.target.names,
            rows=rows,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        scale = self.scale
        return {
            "feature_shape": list(self.feature_shape),
            "feature_dtype": self.feature_dtype,
            "feature_names": list(self.feature_names),
            "targets": list(self.target.names),
            "classes": list(self.target.classes) if self.target.classes else None,
            "scaling": {"offset": scale.offset.tolist(), "factor": scale.factor.tolist()} if scale else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preprocessing:
        """What `as_json` gave."""
        scaling = data["scaling"]
        return cls(
            feature_shape=tuple(data["feature_shape"]),
            feature_dtype=data["feature_dtype"],
            feature_names=tuple(data["feature_names"]),
            target=Target(tuple(data["targets"]), tuple(data["classes"]) if data["classes"] else None),
            scale=Scale(np.array(scaling["offset"]), np.array(scaling["factor"])) if scaling else None,
        )


def _float32(features: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return features.astype(np.float32, copy=False)
