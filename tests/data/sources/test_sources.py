"""Images, lines of text, labeled series, windows of a series, and NumPy files: what they give, and every refusal."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.readers.outline import Request
from dltool.registry import registered
from tests.data.opening import columns, idx, opened, problems, write

Image = pytest.importorskip("PIL.Image")

ALL = {"split": {"validation": 0}, "scaling": "none"}


def picture(value: int, size: tuple[int, int] = (4, 3), mode: str = "RGB") -> bytes:
    """A PNG of (height, width) = size, all of one colour."""
    stream = BytesIO()
    colour = value if mode == "L" else (value, 0, 255 - value, 128)[: len(mode)]
    Image.new(mode, size[::-1], colour).save(stream, "png")
    return stream.getvalue()


def pictures(**files: bytes) -> None:
    """Files below the directory 'pets', whose names have '__' in place of '/'."""
    for name, content in files.items():
        path = Path("pets", name.replace("__", "/") + ("" if "." in name else ".png"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def zipped(name: str = "pets.zip") -> str:
    with zipfile.ZipFile(name, "w") as archive:
        for path in Path("pets").rglob("*"):
            archive.write(path)
    return name


@pytest.mark.parametrize("packed", [False, True])
def test_images_in_folders(packed: bool):
    pictures(cat__1=picture(10), cat__2=picture(20), dog__1=picture(30, mode="RGBA"), dog___1=picture(9))
    Path("pets/cat/notes.txt").write_text("not an image")
    dataset = opened({"images": zipped() if packed else "pets", **ALL})
    part = dataset.parts["train"]
    assert dataset.signature.classes == ("cat", "dog")
    assert part.features.shape == (4, 4, 3, 3)
    assert part.features.dtype == np.uint8
    assert part.features[:, 0, 0, 0].tolist() == [10, 20, 142, 9]  # half transparent, on white
    assert part.targets.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("fields", "shape"), [({"channels": 1}, (4, 3, 1)), ({"size": [2, 5]}, (2, 5, 3)), ({"channels": 3}, (4, 3, 3))]
)
def test_images_of_another_form(fields: dict[str, Any], shape: tuple[int, ...]):
    pictures(a__1=picture(10), b__1=picture(20, size=(8, 6) if "size" in fields else (4, 3)))
    assert opened({"images": {"path": "pets", **fields}, **ALL}).signature.feature_shape == shape


def test_gray_images_have_one_channel():
    pictures(a__1=picture(10, mode="L"), b__1=picture(20, mode="L"))
    assert opened({"images": "pets", **ALL}).signature.feature_shape == (4, 3, 1)


def test_text_lines():
    write("lines.txt", 'ham\tHello there, you\n\nspam\tCall "now"\tfor free\nham\tyes you\nspam\tcall now\n')
    dataset = opened({"text": "lines.txt", **ALL})
    assert dataset.signature.classes == ("ham", "spam")
    assert dataset.parts["train"].targets.tolist() == [0, 1, 0, 1]
    assert dataset.preprocessing["features"]["columns"][0]["words"] == ("call", "now", "you")
    assert columns(dataset) == ["text"]


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_their_file_has_it(start: str, end: str):
    write("lines.txt", start + end.join(["ham\ta", "", "spam\tb", "ham\tc", ""]))
    dataset = opened({"text": "lines.txt", **ALL})
    assert dataset.parts["train"].targets.tolist() == [0, 1, 0]


@pytest.mark.parametrize("mark", ["\r", "\u2028", "\x85", "\x0b", "\x1c", "\t"])
def test_marks_within_a_line_do_not_end_it(mark: str):
    write("lines.txt", f"ham\tone{mark}two\nspam\tthree\r\n")
    source = registered("source")["text"].model_validate({"path": "lines.txt"})
    with source.open([], Request(keep=("line", "text"))) as reader:
        kept = reader.kept(0, 2)
    assert {name: column.tolist() for name, column in kept.items()} == {
        "line": ["1", "2"],
        "text": [f"one{mark}two", "three"],
    }


SERIES = "# from somewhere\n@problemName x\n@classLabel true one two\n@data\n1,2,3:4,5,6:one\n3,2,1:0,0,0:two\n"


def test_labelled_series():
    write("waves.ts", SERIES)
    dataset = opened({"series": "waves.ts", **ALL})
    assert dataset.signature.classes == ("one", "two")
    np.testing.assert_array_equal(dataset.parts["train"].features[0], [[1, 4], [2, 5], [3, 6]])


def test_series_of_mean_0_and_deviation_1():
    write("waves.ts", SERIES)
    features = opened({"series": {"path": "waves.ts", "normalize": True}, **ALL}).parts["train"].features
    np.testing.assert_allclose(features.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(features.std(axis=1), [[1, 1], [1, 0]], atol=1e-6)


def test_a_constant_series_is_zero_however_its_mean_rounds():
    write("waves.ts", "@data\n0.1,0.1,0.1:a\n1e30,1e30,1e30:b\n1700000001,1700000002,1700000003:a\n")
    features = opened({"series": {"path": "waves.ts", "normalize": True}, **ALL}).parts["train"].features
    np.testing.assert_allclose(features[..., 0], [[0, 0, 0], [0, 0, 0], [-(1.5**0.5), 0, 1.5**0.5]], rtol=1e-6)


def test_series_of_unequal_length_are_padded_behind():
    write("waves.ts", "@data\n1,2,3:4,5,6:one\n3,1:0,2:two\n")
    part = opened({"series": "waves.ts", **ALL}).parts["train"]
    assert part.features[1].tolist() == [[3, 0], [1, 2], [0, 0]]
    assert part.codes.tolist() == [[0, 0, 0], [0, 0, -1]]
    scaled = opened({"series": {"path": "waves.ts", "length": 4}, **ALL, "scaling": "standard"})
    numbers = np.array([[1, 4], [2, 5], [3, 6], [3, 0], [1, 2]], float)  # padding is no number
    expected = (numbers[:3] - numbers.mean(axis=0)) / numbers.std(axis=0)
    np.testing.assert_allclose(scaled.parts["train"].features[0], [*expected, [0, 0]], rtol=1e-6)


def days(rows: int = 12) -> str:
    return write("days.csv", "day,n,shop\n" + "".join(f"{i},{i * i},{'ab'[2 * i // rows]}\n" for i in range(rows)))


@pytest.mark.parametrize(
    ("fields", "windows", "targets"),
    [
        ({}, [[0, 1], [1, 4], [4, 9]], [[4], [9], [16]]),
        ({"horizon": 3}, [[0, 1], [1, 4], [4, 9]], [[16], [25], [36]]),
        ({"horizon": 2, "steps": True}, [[0, 1], [1, 4], [4, 9]], [[4, 9], [9, 16], [16, 25]]),
        ({"stride": 4}, [[0, 1], [16, 25], [64, 81]], [[4], [36], [100]]),
        ({"columns": ["day", "n"]}, [[[0, 0], [1, 1]], [[1, 1], [2, 4]]], [[4], [9]]),
        ({"group": "shop", "length": 5}, [[0, 1, 4, 9, 16], [36, 49, 64, 81, 100]], [[25], [121]]),
    ],
)
def test_windows_of_a_series(fields: dict[str, Any], windows: list[Any], targets: list[Any]):
    source = {"path": days(), "target": "n", "length": 2, **fields}
    dataset = opened({"windows": source, "target_scaling": "none", **ALL})
    part = dataset.parts["train"]
    expected = np.array(windows, np.float32)
    np.testing.assert_array_equal(part.features[: len(windows)].reshape(expected.shape), expected)
    np.testing.assert_array_equal(dataset.signature.known(part.targets)[: len(targets)], targets)


def test_nothing_leaks_from_the_latest_windows_into_training():
    source = {"path": days(30), "target": "n", "length": 3, "horizon": 4, "steps": True}
    dataset = opened({"windows": source, "split": {"validation": 0.25}, "target_scaling": "none", "scaling": "none"})
    train, validation = dataset.parts["train"], dataset.parts["validation"]
    assert train.targets.max() < validation.targets[:, 0].min()
    assert len(train) + len(validation) == 24 - 3


def test_npy_files():
    np.save("x.npy", np.arange(24, dtype=np.uint8).reshape(6, 2, 2))
    np.save("y.npy", [0, 1, 2] * 2)
    dataset = opened({"npy": {"path": "x.npy", "targets": "y.npy"}, **ALL})
    assert dataset.parts["train"].features.tobytes() == bytes(range(24))
    assert dataset.signature.classes == ("0", "1", "2")


@pytest.mark.parametrize("name", ["images", "text", "series", "windows", "npy", "idx"])
def test_what_is_only_to_be_predicted_needs_no_targets(name: str):
    pictures(new=picture(1), **{"odd.jpg": picture(2)})
    write("lines.txt", "just text\n")
    write("waves.ts", "@classLabel false\n@data\n1,2,3\n")
    np.save("x.npy", np.zeros((3, 2)))
    write("x.idx", idx(np.zeros((3, 2), np.uint8)))
    fields = {
        "images": {"path": "pets"},
        "text": {"path": "lines.txt"},
        "series": {"path": "waves.ts"},
        "windows": {"path": days(), "target": "n", "length": 2},
        "npy": {"path": "x.npy", "targets": "none.npy"},
        "idx": {"images": "x.idx", "labels": "none.idx"},
    }[name]
    source = registered("source")[name].model_validate(fields)
    with source.open([], Request(targets=False)) as reader:
        assert not reader.outline.targets
        assert reader.outline.rows == {"images": 2, "text": 1, "series": 1, "windows": 11}.get(name, 3)


def pickled() -> bytes:
    stream = BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object))
    return stream.getvalue()


def npy(array: Any) -> bytes:
    stream = BytesIO()
    np.save(stream, np.asarray(array))
    return stream.getvalue()


FOLDER = {"cat__1": picture(10), "dog__1": picture(20)}
LINES = "a\tx\nb\ty\n"
Broken = tuple[dict[str, Any], dict[str, bytes | str], str]
BROKEN: dict[str, Broken] = {
    "an image cut short": (
        {"images": "pets"},
        {**FOLDER, "dog__2": picture(5)[:-30]},
        "pets/dog/2.png: data.images: cut short",
    ),
    "no image": (
        {"images": "pets"},
        {**FOLDER, "dog__2": b"text"},
        "pets/dog/2.png: data.images: not an image, or damaged",
    ),
    "sizes that differ": (
        {"images": "pets"},
        {**FOLDER, "dog__2": picture(5, (4, 4))},
        "pets/dog/2.png: data.images: is 4 × 4, most images are 4 × 3; resize all: size: [4, 3]",
    ),
    "no folder for a class": (
        {"images": "pets"},
        {**FOLDER, "loose": picture(5)},
        "pets/loose.png: data.images: is not in a class folder; put the images of each class in a folder",
    ),
    "one class": (
        {"images": "pets"},
        {"cat__1": picture(5), "cat__2": picture(6)},
        "pets: all rows have the class 'cat'; there is nothing to predict",
    ),
    "no images": (
        {"images": "pets"},
        {"readme.txt": b"none"},
        "pets: data.images: no image here; it holds 1 .txt",
    ),
    "no archive": (
        {"images": "pets.zip"},
        {"/pets.zip": b"PK\x03\x04 cut"},
        "pets.zip: data.images: not a zip archive, or damaged",
    ),
    "no directory": ({"images": "cats"}, FOLDER, "data.images.path: no file 'cats', nor 'config/cats'"),
    "a line without label": (
        {"text": "a.txt"},
        {"/a.txt": "a\tx\nonly text\n"},
        "a.txt:2: data.text: no label in front of '\\t': 'only text'",
    ),
    "Latin-1 text": (
        {"text": "a.txt"},
        {"/a.txt": "a\té\n".encode("latin-1")},
        "a.txt:1: data.text: not UTF-8 text; if it is Latin-1, set encoding: latin-1",
    ),
    "no text": ({"text": "a.txt"}, {"/a.txt": "\n\n"}, "a.txt: data.text: the file is empty"),
    "zipped text cut short": (
        {"text": "a.txt.gz"},
        {"/a.txt.gz": gzip.compress(LINES.encode() * 99)[:-9]},
        "a.txt.gz: data.text: a damaged gzip file, or one that was cut short",
    ),
    "a series that is too long": (
        {"series": {"path": "a.ts", "length": 2}},
        {"/a.ts": "@data\n1,2:a\n1,2,3:b\n"},
        "a.ts:3: data.series: a series of 3 values, 'length' is 2; for longer ones: length: 3",
    ),
    "a longer series than those to train on": (
        {"series": "a.ts", "test": {"series": "b.ts"}, "split": {"validation": 0}},
        {"/a.ts": "@data\n1,2:a\n1:b\n", "/b.ts": "@data\n1,2,3:b\n1,2,3,4:b\n"},
        "b.ts:2: data.test.series: a series of 3 values, the longest to train on has 2; for longer ones: length: 4",
    ),
    "a shorter series where none is padded": (
        {"series": "a.ts", "test": {"series": "b.ts"}, "split": {"validation": 0}},
        {"/a.ts": "@data\n1,2:a\n1,3:b\n", "/b.ts": "@data\n1:b\n"},
        "b.ts:2: data.test.series: a series of 1 value, all to train on have 2; to pad shorter ones: length: 3",
    ),
    "a series of another length than the header says": (
        {"series": "a.ts"},
        {"/a.ts": "@equalLength true\n@data\n1,2,3:a\n1,2:b\n"},
        "a.ts:4: data.series: a series of 2 values, the first one has 3, but the header says that all have the same"
        " length (@equalLength true); is it cut short? otherwise: @equalLength false",
    ),
    "dimensions of two lengths": (
        {"series": "a.ts"},
        {"/a.ts": "@data\n1,2,3:1,2:a\n"},
        "a.ts:2: data.series: dimensions of 3 and 2 values; all must have the same number",
    ),
    "a gap in a series": (
        {"series": "a.ts"},
        {"/a.ts": "@data\n1,?,3:a\n"},
        "a.ts:2: data.series: value 2 is '?', where a number that fits float32 is needed; a missing value must be"
        " filled in first",
    ),
    "a series without values": (
        {"series": "a.ts"},
        {"/a.ts": "@data\n1,2:a\n:b\n"},
        "a.ts:3: data.series: a series without values",
    ),
    "a number as Python writes it": (
        {"series": "a.ts"},
        {"/a.ts": "@data\n1,2:a\n1,1_0:b\n"},
        "a.ts:3: data.series: value 2 is '1_0', where a number that fits float32 is needed",
    ),
    "times beside values": (
        {"series": "a.ts"},
        {"/a.ts": "@timestamps true\n@data\n(0,1),(1,2):a\n"},
        "a.ts:3: data.series: holds (time,value) pairs; leave the times out, as all series must have the same times",
    ),
    "a class in Latin-1": (
        {"series": "a.ts"},
        {"/a.ts": "# Müller\n@data\n1,2:a\n1,2:ä\n".encode("latin-1")},
        "a.ts:4: data.series: not UTF-8 text; save the file as such",
    ),
    "a header that says there are no classes": (
        {"series": "a.ts"},
        {"/a.ts": "@classLabel false\n@data\n1,2\n"},
        "a.ts:3: data.series: no class after the last ':': the header says that there is none (@classLabel false)",
    ),
    "a target of a series that is no number": (
        {"series": "a.ts"},
        {"/a.ts": "@targetLabel true\n@data\n1,2:5\n1,2:?\n"},
        "a.ts:4: data.series: the target is '?', where a number that fits float32 is needed",
    ),
    "a series without class": (
        {"series": "a.ts"},
        {"/a.ts": "@data\n1,2,3\n"},
        "a.ts:2: data.series: no class after the last ':'",
    ),
    "too few rows for a window": (
        {"windows": {"path": "a.csv", "target": "n", "length": 9}},
        {"/a.csv": "n\n" + "1\n2\n" * 3},
        "a.csv: data.windows: 6 rows are too few for one window of 9 and a horizon of 1",
    ),
    "a gap in a table of a series": (
        {"windows": {"path": "a.csv", "target": "n", "length": 2}},
        {"/a.csv": "t,n\n" + "1,2\n2,\n3,4\n" * 2},
        "a.csv: data.windows: no window of 2 rows and a horizon of 1 is without an empty cell; there are some in 2"
        " rows, the first at a.csv:3; to repeat the number before: empty: previous",
    ),
    "a word far down in a table of a series": (
        {"windows": {"path": "a.csv", "target": "n", "length": 2}},
        {"/a.csv": "t,n\n" + "1,2\n" * 30_000 + "1,x\n"},
        "a.csv:30002: data.windows: column 'n' holds 'x', where a number is needed",
    ),
    "no column of the series": (
        {"windows": {"path": "a.csv", "target": "m", "length": 2}},
        {"/a.csv": "t,n\n" + "1,2\n" * 9},
        "a.csv: data.windows.target: no column 'm'; allowed: n, t",
    ),
    "pickled objects": (
        {"npy": {"path": "x.npy", "targets": "x.npy"}},
        {"/x.npy": pickled()},
        "x.npy: data.npy: holds pickled objects, which are never loaded; save plain arrays",
    ),
    "a NumPy file cut short": (
        {"npy": {"path": "x.npy", "targets": "x.npy"}},
        {"/x.npy": npy(np.zeros((9, 9)))[:-20]},
        "x.npy: data.npy: cut short: 648 bytes of numbers expected from the header, 628 found",
    ),
    "targets of another number": (
        {"npy": {"path": "x.npy", "targets": "y.npy"}},
        {"/x.npy": npy(np.zeros((9, 9))), "/y.npy": npy([1, 2])},
        "x.npy: data.npy: 9 samples, but 2 targets in y.npy",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(case: str):
    source, files, line = BROKEN[case]
    for name, content in files.items():
        if name.startswith("/"):
            write(name[1:], content)
        else:
            pictures(**{name: content if isinstance(content, bytes) else content.encode()})
    before = sorted(Path().rglob("*"))
    assert problems({**source, "split": {"validation": 0}}) == [line]
    assert sorted(Path().rglob("*")) == before
