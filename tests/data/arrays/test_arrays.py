"""NumPy archives and IDX files: what they may hold, and every line about damaged ones."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.opening import idx, opened, problems, write

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


@pytest.mark.parametrize(
    "labels",
    [np.array(["no", "yé"])[Y], np.array(["no", "yé"])[Y][:, None], np.char.encode(np.array(["no", "yé"])[Y], "utf-8")],
    ids=["text", "a column of text", "bytes"],
)
def test_labels_may_be_text_or_bytes(labels: np.ndarray):
    np.savez("data.npz", x=X, y=labels)
    dataset = opened({**_npz(), **PLAIN})
    assert dataset.signature.classes == ("no", "yé")
    np.testing.assert_array_equal(dataset.parts["train"].targets, Y)


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_one_hot_targets_are_classes_where_the_config_says_so(dtype: str):
    np.savez("data.npz", x=X, y=np.eye(4, dtype=dtype)[LABELS])
    dataset = opened({**_npz(task="classes"), **PLAIN})
    assert dataset.signature.classes == ("0", "1", "2", "3")
    np.testing.assert_array_equal(dataset.parts["train"].targets, LABELS)
    labels = opened({**_npz(), **PLAIN})
    assert labels.signature.task == "multilabel"
    assert labels.notes == [
        "all 4 targets are 0 or 1: taken as labels (task: numbers for numbers; each row has just one, task: classes for"
        " classes)"
    ]


def test_a_row_that_is_not_one_hot_is_named():
    targets = np.eye(4)[LABELS]
    np.savez("data.npz", x=X, y=targets)
    targets[7, 0] = 1
    np.savez("other.npz", x=X, y=targets)
    lines = problems({**_npz(task="classes"), "validation": {"npz": {"path": "other.npz"}}})
    assert lines == ["other.npz: y[7]: not one-hot: just one of the 4 targets must be 1 in each row, all others 0"]


def test_whole_floats_that_may_be_classes_are_told():
    np.savez("data.npz", x=X, y=Y.astype(float))
    notes = opened({**_npz(), **PLAIN}).notes
    assert notes == ["target 'y' has 2 different whole numbers: taken as numbers (task: classes for classes)"]


@pytest.mark.parametrize("task", ["numbers", "classes"])
def test_whole_numbers_that_floats_round_are_no_targets_but_classes(task: str):
    np.savez("data.npz", x=X, y=2**60 + Y)
    data = {**_npz(task=task), **PLAIN}
    if task == "classes":
        assert opened(data).signature.classes == (str(2**60), str(2**60 + 1))
    else:
        line = f"data.npz: y[0]: target 'y' is {2**60}, and float64 rounds whole numbers beyond 2^53"
        assert problems(data) == [line]


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
        "data.npz: x: data.npz: features must have rows and at least one number in each, got [20]; for one number"
        " in each row, save x[:, None]",
    ),
    "large integers": (
        {"x": _with(X, (3, 1), 0).astype(int) + 2**53, "y": Y},
        "data.npz: x: data.npz: the value at [0, 1] is 9007199254740993, and float64 rounds whole numbers beyond 2^53;"
        " if that does no harm, save them as float64",
    ),
    "records": (
        {"x": np.zeros(20, [("a", "f4"), ("b", "i4")]), "y": Y},
        "data.npz: x: data.npz: holds records of a, b; save an array of plain numbers, a column each",
    ),
    "complex": ({"x": X + 1j, "y": Y}, "data.npz: x: data.npz: numbers are needed, got complex128"),
    "an empty label": (
        {"x": X, "y": np.array(["a", " "])[Y]},
        "data.npz: y: data.npz: the label at [1] is empty, and 9 more like it",
    ),
    "bytes that are no text": (
        {"x": X, "y": np.array([b"a", b"\xff"])[Y]},
        "data.npz: y: data.npz: bytes that are not UTF-8 text; save the labels as text",
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
ZIPPED = gzip.compress(WHOLE, mtime=0)
IDX: dict[str, tuple[bytes, str]] = {
    "cut": (WHOLE[:-3], "images: data.idx: cut short: 320 bytes of numbers expected from the header, 317 found"),
    "long": (WHOLE + b"x", "images: data.idx: too long: 320 bytes of numbers expected from the header, 321 found"),
    "header": (WHOLE[:9], "images: data.idx: cut short within its header"),
    "empty": (b"", "images: data.idx: not an IDX file: it starts with nothing"),
    "png": (b"\x89PNG\r\n", "images: data.idx: not an IDX file: it starts with 89 50 4e 47"),
    "type": (b"\0\0\x07\x01....", "images: data.idx: not an IDX file: it starts with 00 00 07 01"),
    "labels": (
        idx(LABELS),
        "images: data.idx: features must have rows and at least one number in each, got [20]; for one number in each"
        " row, save x[:, None]",
    ),
    "rows": (idx(IMAGES[:7]), "images: data.idx: 7 samples, but 20 targets in labels"),
    "nan": (
        idx(np.full((20, 2), np.nan, ">f4"), 0x0D),
        "images: data.idx: the value at [0, 0] is nan, and at least 39 more like it; numbers must be finite and fit"
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
