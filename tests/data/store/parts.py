"""Samples of every form, and stores of them."""

from __future__ import annotations

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import CodeField, Signature
from dltool.data.store.folder import Store
from dltool.data.store.records import RecordLayout
from dltool.data.store.writer import writing

KEY = "0123456789abcdef"

#: features (type and shape), codes, and the number of numbers to predict, 0 for classes
FORMS = {
    "table": ("float32", (5,), 0, 0),
    "codes": ("float32", (2,), 3, 2),
    "only codes": ("float32", (0,), 4, 1),
    "bytes": ("uint8", (3, 3, 1), 0, 0),
    "long": ("float32", (40,), 0, 1),
}


def signature(form: str) -> Signature:
    dtype, shape, codes, numbers = FORMS[form]
    return Signature(
        feature_shape=shape,
        feature_dtype=dtype,
        offset=None,
        factor=None,
        classes=None if numbers else ("a", "b"),
        targets=tuple(f"y{i}" for i in range(max(1, numbers))),
        rows={"train": 1},
        task="numbers" if numbers else "classes",
        codes=tuple(CodeField(f"c{i}", i, 1, 9, None) for i in range(codes)),
    )


def layout(form: str) -> RecordLayout:
    return RecordLayout.of(signature(form))


def samples(form: str, rows: int, seed: int = 0) -> Samples:
    """Samples that all differ, as far as bytes go."""
    generator = np.random.default_rng(seed)
    dtype, shape, codes, numbers = FORMS[form]
    features = generator.integers(0, 255, (rows, *shape)).astype(dtype)
    targets = generator.normal(size=(rows, numbers)).astype(np.float32) if numbers else np.arange(rows) % 2
    return Samples(features, targets, generator.integers(-1, 9, (rows, codes), dtype=np.int32))


def store(form: str, parts: dict[str, Samples], piece: int = 7, key: str = KEY) -> Store:
    """A store of these parts, written piece by piece."""
    rows = {name: len(part) for name, part in parts.items()}
    with writing(key, layout(form), rows) as writer:
        for name, part in parts.items():
            for low in range(0, len(part), piece):
                writer.append(name, part.rows(low, min(low + piece, len(part))))
        return writer.finish({"notes": ["some"]}, {})


def assert_same(a: Samples, b: Samples) -> None:
    for name in ("features", "targets", "codes"):
        one, other = getattr(a, name), getattr(b, name)
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()
