"""NumPy archives and IDX files: what they may hold, and every line about damaged ones."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .opening import idx, opened, problems, write

X = np.arange(60.0).reshape(20, 3)
Y = np.arange(20) % 2
IMAGES = np.arange(20 * 4 * 4, dtype=np.uint8).reshape(20, 4, 4)
LABELS = (np.arange(20) % 4).astype(np.uint8)
PLAIN = {"split": {"validation": 0}, "scaling": "none"}


def _npz(name: str = "data.npz", **fields: Any) -> dict[str, Any]:
    return {"npz": {"path": name, **fields}}


def _idx(images: str = "images", labels: str = "labels") -> dict[str, Any]:
    return {"idx": {"images": images, "labels": labels}}


def _with(array: np.ndarray, index: tuple[int, ...], value: float) -> np.ndarray:
    array = array.astype(np.float64)
    array[index] = value
    return array


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "float64", ">f4", "bool"])
def test_npz_keeps_bytes_and_turns_all_else_into_floats(dtype: str):
    np.savez("data.npz", x=X.astype(dtype), y=Y)
    features = opened({**_npz(), **PLAIN}).parts["train"].features
    assert features.dtype == ("uint8" if dtype == "uint8" else "float32")
    np.testing.assert_array_equal(features, X.astype(dtype).astype("float32"))


def test_npz_by_other_names_compressed_and_in_columns_order():
    np.savez_compressed("data.npz", train=np.asfortranarray(X), labels=Y[:, None])
    part = opened({**_npz(features="train", targets="labels"), **PLAIN}).parts["train"]
    np.testing.assert_array_equal(part.features, X)
    np.testing.assert_array_equal(part.targets, Y)
    assert part.features.flags.c_contiguous


def test_npz_with_several_targets():
    np.savez("data.npz", x=X, y=X[:, :2])
    dataset = opened({**_npz(), **PLAIN})
    assert dataset.signature.targets == ("y_0", "y_1")
    np.testing.assert_array_equal(dataset.parts["train"].targets, X[:, :2])


OBJECTS = np.array([{"a": 1}] * 20, dtype=object)
NPZ: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "rows": ({"x": X, "y": Y[:5]}, "data.npz: data.npz: 20 samples, but 5 targets in data.npz: y"),
    "names": ({"train": X, "y": Y}, "data.npz: data.npz.features: no array 'x'; allowed: train, y"),
    "near": ({"x": X, "yy": Y}, "data.npz: data.npz.targets: no array 'y'; did you mean 'yy'?"),
    "pickle in y": (
        {"x": X, "y": OBJECTS},
        "data.npz: y: data.npz: holds pickled objects, which are never loaded; save plain arrays",
    ),
    "pickle in x": (
        {"x": OBJECTS[:, None], "y": Y},
        "data.npz: x: data.npz: holds pickled objects, which are never loaded; save plain arrays",
    ),
    "nan": (
        {"x": _with(X, (3, 1), np.nan), "y": Y},
        "data.npz: x: data.npz: the value at [3, 1] is nan; numbers must be finite and fit float32",
    ),
    "huge": (
        {"x": _with(X, (3, 1), 1e39), "y": Y},
        "data.npz: x: data.npz: the value at [3, 1] is 1e+39; numbers must be finite and fit float32",
    ),
    "inf in y": (
        {"x": X, "y": _with(X[:, 0], (4,), np.inf)},
        "data.npz: y: data.npz: the value at [4] is inf; numbers must be finite and fit float32",
    ),
    "one axis": (
        {"x": Y, "y": Y},
        "data.npz: x: data.npz: features must have rows and at least one number in each, got [20]",
    ),
    "no rows": (
        {"x": X[:0], "y": Y[:0]},
        "data.npz: x: data.npz: features must have rows and at least one number in each, got [0, 3]",
    ),
    "text": ({"x": X.astype("U4"), "y": Y}, "data.npz: x: data.npz: numbers are needed, got str128"),
    "three axes": (
        {"x": X, "y": np.zeros((20, 2, 2))},
        "data.npz: y: data.npz: targets must be one number or one row for each sample, got [20, 2, 2]",
    ),
}


@pytest.mark.parametrize("case", NPZ)
def test_unusable_npz(case: str):
    arrays, line = NPZ[case]
    np.savez("data.npz", **arrays)
    assert problems(_npz()) == [line]


def test_damaged_npz():
    np.savez("data.npz", x=X, y=Y)
    whole = Path("data.npz").read_bytes()
    for content in (b"", b"hello", whole[:300], whole[:200] + bytes([whole[200] ^ 255]) + whole[201:]):
        write("data.npz", content)
        (line,) = problems(_npz())
        assert line.startswith("data.npz: data.npz: not an .npz archive, or damaged (")


def test_npz_that_announces_more_than_it_holds():
    np.savez("data.npz", x=X, y=Y)
    write("data.npz", Path("data.npz").read_bytes().replace(b"(20, 3)", b"(90, 3)"))
    assert problems(_npz())[0].startswith("data.npz")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_plain_and_gzipped(pack: Any):
    write("images", pack(idx(IMAGES)))
    write("labels", pack(idx(LABELS)))
    dataset = opened({**_idx(), "split": {"validation": {"last": 4}}})
    np.testing.assert_array_equal(dataset.parts["train"].features, IMAGES[:16])
    np.testing.assert_array_equal(dataset.parts["validation"].targets, LABELS[16:])
    assert dataset.signature.feature_dtype == "uint8"
    assert dataset.notes[:1] == ["features are bytes, divided by 255 (data.scaling: {divide: 255})"]


@pytest.mark.parametrize(("code", "dtype"), [(0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")])
def test_idx_of_other_types(code: int, dtype: str):
    write("images", idx((IMAGES % 100).astype(dtype), code))
    write("labels", idx((np.arange(20) % 4).astype(">i4"), 0x0C))
    part = opened({**_idx(), **PLAIN}).parts["train"]
    np.testing.assert_array_equal(part.features, (IMAGES % 100).astype(np.float32))
    np.testing.assert_array_equal(part.targets, LABELS)


WHOLE = idx(IMAGES)
ZIPPED = gzip.compress(WHOLE)
IDX: dict[str, tuple[bytes, str]] = {
    "cut": (WHOLE[:-3], "images: data.idx: cut short: 320 bytes of numbers announced, 317 found"),
    "long": (WHOLE + b"x", "images: data.idx: too long: 320 bytes of numbers announced, 321 found"),
    "header": (WHOLE[:9], "images: data.idx: cut short within its header"),
    "empty": (b"", "images: data.idx: not an IDX file: it starts with nothing"),
    "png": (b"\x89PNG\r\n", "images: data.idx: not an IDX file: it starts with 89 50 4e 47"),
    "type": (b"\0\0\x07\x01....", "images: data.idx: not an IDX file: it starts with 00 00 07 01"),
    "labels": (idx(LABELS), "images: data.idx: features must have rows and at least one number in each, got [20]"),
    "rows": (idx(IMAGES[:7]), "images: data.idx: 7 samples, but 20 targets in labels"),
    "nan": (
        idx(np.full((20, 2), np.nan, ">f4"), 0x0D),
        "images: data.idx: the value at [0, 0] is nan, and at least 39 more are like it; numbers must be finite and fit"
        " float32",
    ),
}


@pytest.mark.parametrize("case", IDX)
def test_unusable_idx(case: str):
    content, line = IDX[case]
    write("images", content)
    write("labels", idx(LABELS))
    assert problems(_idx()) == [line]


@pytest.mark.parametrize("content", [ZIPPED[:-12], ZIPPED[:20], ZIPPED[:-6] + bytes([ZIPPED[-6] ^ 1]) + ZIPPED[-5:]])
def test_damaged_gzip(content: bytes):
    write("images", WHOLE)
    write("labels", content)
    (line,) = problems(_idx())
    assert line.startswith("labels: data.idx: a damaged gzip file, or one that was cut short")


def test_missing_labels_are_named_by_their_field():
    write("images", WHOLE)
    assert problems(_idx()) == ["data.idx.labels: no file 'labels', nor 'config/labels'"]
