"""What `predict` gets of a sample: numbers as they are in the data where C can prepare them, and codes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from dltool.data.preprocessing.features import ArrayPreparation
from dltool.data.samples.samples import Samples
from dltool.data.scaling.scaling import Scale
from dltool.export.c.source import Place, Source
from dltool.export.opening import Trained
from dltool.export.samples import random_samples

#: y = (x − offset) · factor, or what stands for NaN
PREPARED = """
static void prepared(float *y, const float *in, const float *from, const double *offset, const double *factor,
                     const float *absent, int n, int channels)
{
    for (int i = 0; i < n; i++) {
        const float x = in[from ? (int)from[i] : i];
        y[i] = isnan(x) ? absent[i % channels] : (float)((x - offset[i % channels]) * factor[i % channels]);
    }
}
"""
_STEPS = """
static void steps_there(float *y, const float *in, int steps, int channels)
{
    for (int t = 0; t < steps; t++) {
        y[t] = -1.0f;
        for (int c = 0; c < channels; c++)
            if (!isnan(in[t * channels + c]))
                y[t] = 0.0f;
    }
}
"""


@dataclass(frozen=True)
class Inputs(ABC):
    """The numbers of a sample."""

    trained: Trained

    @property
    @abstractmethod
    def size(self) -> int:
        """How many there are."""

    @abstractmethod
    def described(self) -> Iterator[str]:
        """What each means, in lines."""

    @abstractmethod
    def add(self, source: Source) -> dict[str, Place]:
        """Add the calls that prepare a sample; returns the places of what the network takes."""

    @abstractmethod
    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        """Samples (n, size) to try the file with, and the same as the network gets them."""


class PreparedInputs(Inputs):
    """Samples as dltool prepares them: features, then codes."""

    @property
    def size(self) -> int:
        signature = self.trained.signature
        return prod(self._shape) + sum(each.length for each in signature.codes)

    def described(self) -> Iterator[str]:
        features, signature = prod(self._shape), self.trained.signature
        if features:
            kind = "codes" if signature.feature_dtype == "int32" else "numbers as dltool prepares them"
            yield f"{places(0, features)}: {kind}, {' x '.join(map(str, self._shape))}, the last axis fastest"
        for each in signature.codes:
            yield f"{places(features + each.start, each.length)}: codes of {each.name}, -1 behind the last one"

    def add(self, source: Source) -> dict[str, Place]:
        return {"features": "in", "tokens": "in", "codes": f"in + {prod(self._shape)}"}

    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        samples = random_samples(self.trained, generator)
        features = samples.features.reshape(len(samples), -1)[:, : prod(self._shape)]
        return np.concatenate([features, samples.codes], axis=1).astype(np.float32), samples

    @property
    def _shape(self) -> tuple[int, ...]:
        signature = self.trained.signature
        if signature.task == "tokens":  # of a block, the last token is read by nobody
            return (signature.feature_shape[0] - 1,)
        return signature.feature_shape


class ArrayInputs(PreparedInputs):
    """Arrays, which are scaled; NaN where a series has ended."""

    @property
    def size(self) -> int:
        return prod(self._shape)

    def described(self) -> Iterator[str]:
        nothing = ", NAN behind the last step" if self._preparation.codes else ""
        axes = " x ".join(map(str, self._shape))
        yield f"{places(0, self.size)}: numbers as in the files{nothing}, {axes}, the last axis fastest"

    def add(self, source: Source) -> dict[str, Place]:
        preparation, made = self._preparation, dict[str, Place]()
        if preparation.codes:
            steps = self._shape[0]
            made["codes"] = source.made(_STEPS, "steps_there", steps, "in", steps, self.size // steps)
        scale = preparation.scale if isinstance(preparation.scale, Scale) else Scale(np.zeros(()), np.ones(()))
        offset, factor = map(np.array, np.broadcast_arrays(np.atleast_1d(scale.offset), np.atleast_1d(scale.factor)))
        absent = np.zeros(factor.size, np.float32)
        numbers = None, offset, factor, absent, self.size, factor.size
        return {**made, "features": source.made(PREPARED, "prepared", self.size, "in", *numbers)}

    def example(self, generator: np.random.Generator) -> tuple[np.ndarray, Samples]:
        preparation = self._preparation
        raw = generator.normal(size=(self.trained.tried, *self._shape))
        raw = preparation.scale.undone(raw) if isinstance(preparation.scale, Scale) else raw
        if preparation.codes:
            raw[1::2, -1] = np.nan  # the last step of every second sample
        raw = raw.astype(np.float32)
        windows = np.zeros(len(raw), np.int64) if self.trained.signature.forecast else None
        prepared = preparation.apply(raw, str, windows)
        samples = random_samples(self.trained, generator)
        return raw.reshape(len(raw), -1), Samples(prepared.features, samples.targets, prepared.codes)

    @property
    def _preparation(self) -> ArrayPreparation:
        preparation = self.trained.preprocessing.features
        assert isinstance(preparation, ArrayPreparation)
        return preparation


def places(start: int, count: int) -> str:
    """Places of `in`, as text."""
    return str(start) if count == 1 else f"{start} to {start + count - 1}"
