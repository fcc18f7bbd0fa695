"""`dltool predict` and `eval` of networks for images: files in every form, and which of them are misclassified."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main

from .images import FORMS, LABELS, PIXELS, ROWS, WRONG, name_of, save_image, trained, written

HEADER = ["file", "prediction", "probability_0", "probability_1"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run for each form of the images, in a directory of its own."""
    pytest.importorskip("PIL.Image")
    made = {}
    for form in FORMS:
        made[form] = tmp_path_factory.mktemp(form)
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(made[form])
            trained(form)
            written("zip")
    return made


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """In the directory of a run for images in this form, where the others are too."""
    monkeypatch.chdir(runs[request.param])
    return request.param


@pytest.fixture
def home(runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a run for image files."""
    monkeypatch.chdir(runs["images"])
    return runs["images"]


def predicted(capsys: pytest.CaptureFixture[str], *paths: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert main(["predict", "run", *paths]) == 0
    return list(csv.DictReader(capsys.readouterr().out.splitlines()))


def evaluated(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert main(["eval", "run", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_files_folders_and_archives(form: str, capsys: pytest.CaptureFixture[str]):
    names = [f"data/{name_of(row)}" for row in (7, 2, 60)]
    rows = predicted(capsys, *names)
    assert list(rows[0]) == HEADER
    assert [row["file"] for row in rows] == names
    assert [row["prediction"] for row in rows] == ["1", "0", "0"]
    whole = {row["file"]: row for row in predicted(capsys, "data")}
    assert len(whole) == ROWS
    assert [whole[name] for name in names] == rows
    assert predicted(capsys, names[0], "data/1", *names[1:]) == [
        rows[0],
        *(row for name, row in whole.items() if name.startswith("data/1/")),
        *rows[1:],
    ]
    packed = predicted(capsys, "data.zip")
    assert [{**row, "file": row["file"].replace(".zip", "")} for row in packed] == [*whole.values()]


def test_a_folder_without_classes_and_a_file_of_another_ending(home: Path, capsys: pytest.CaptureFixture[str]):
    save_image(PIXELS[2], "flat/some.webp.png")
    save_image(PIXELS[2], "image.tif")
    assert [row["file"] for row in predicted(capsys, "flat")] == ["flat/some.webp.png"]
    assert predicted(capsys, "image.tif")[0]["prediction"] == "0"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("cut.png", "data/cut.png: cut short"),
        ("text.png", "data/text.png: not an image, or damaged"),
        ("empty.jpg", "data/empty.jpg: is empty"),
        ("large.png", "data/large.png: is 20 × 16, those to train on are 10 × 8; resize it, or all: size: [10, 8]"),
        ("none.png", "no file 'data/none.png'"),
        ("bad.zip", "data/bad.zip: not a zip archive, or damaged"),
        ("bare", "data/bare: no image here; it is empty"),
    ],
)
def test_what_cannot_be_used_is_named(form: str, capsys: pytest.CaptureFixture[str], name: str, line: str):
    contents = {"cut.png": Path(f"data/{name_of(0)}").read_bytes()[:60], "text.png": b"hello", "empty.jpg": b""}
    path = Path("data", name)
    if name == "large.png":
        save_image(np.kron(PIXELS[0], np.ones((2, 2), np.uint8)), path)
    elif name == "bare":
        path.mkdir(exist_ok=True)
    elif name != "none.png":
        path.write_bytes(contents.get(name, b"PK"))
    capsys.readouterr()
    try:
        several = name in ("bare", "bad.zip")  # of which none can be read: there may be many
        assert main(["predict", "run", f"data/{name_of(1)}", str(path), "-o", "out.csv"]) == (2 if several else 1)
        assert capsys.readouterr().err == f"error: {line}\n"
        assert Path("out.csv").exists() != several
        if not several:
            assert Path("out.csv").read_text().splitlines()[1:] == [predicted_alone(capsys)]
            Path("out.csv").unlink()
        assert main(["predict", "run", str(path), "-o", "out.csv"]) == 2  # there is nothing to write
        assert capsys.readouterr().err == f"error: {line}\n"
        assert not Path("out.csv").exists()
    finally:
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)


def predicted_alone(capsys: pytest.CaptureFixture[str]) -> str:
    """The line for an image that can be used."""
    assert main(["predict", "run", f"data/{name_of(1)}"]) == 0
    return capsys.readouterr().out.splitlines()[1]


def test_the_surest_mistakes_are_told(form: str, capsys: pytest.CaptureFixture[str]):
    found = evaluated(capsys)
    mistakes = found["mistakes"]
    wrong = found["rows"] - sum(row[index] for index, row in enumerate(found["confusion_matrix"]))
    assert len(mistakes) == wrong >= 1
    chances = [one["probability"] for one in mistakes]
    assert chances == sorted(chances, reverse=True)
    assert min(chances) >= 0.5
    for one in mistakes:
        row = row_of(form, one["place"])
        assert row in WRONG
        assert one["true"] == str(LABELS[row]) != one["predicted"]
    assert main(["eval", "run"]) == 0
    text = capsys.readouterr().out
    assert f"misclassified images, {wrong} of 60; the most confident ones first" in text
    assert f"{mistakes[0]['true']}     {mistakes[0]['predicted']}  " in text


def row_of(form: str, place: str) -> int:
    if form in ("images", "zip"):
        assert place.startswith("data/" if form == "images" else "data.zip: ")
        return int(Path(place).stem)
    assert place.startswith({"npz": "data.npz: x[", "npy": "x.npy[", "idx": "some-images-idx3-ubyte["}[form])
    return int(place.partition("[")[2].rstrip("]"))


def test_mistakes_in_other_files(form: str, capsys: pytest.CaptureFixture[str]):
    rows = [3, *WRONG]
    found = evaluated(capsys, *(f"data/{name_of(row)}" for row in rows))
    assert {one["place"] for one in found["mistakes"]} == {f"data/{name_of(row)}" for row in WRONG}
    assert evaluated(capsys, "data.zip")["rows"] == ROWS
    assert evaluated(capsys, f"data/{name_of(3)}")["mistakes"] == []


def test_mistakes_as_a_picture(form: str, capsys: pytest.CaptureFixture[str]):
    found = evaluated(capsys, "--images", "wrong.png")
    told = capsys.readouterr().err or "written"
    assert "note" not in told
    image = pytest.importorskip("PIL.Image").open("wrong.png")
    assert image.mode == "RGB"
    count = len(found["mistakes"])
    assert image.width == 16 + min(6, count) * 160
    first = np.asarray(image)[16 : 16 + 140, 16 : 16 + 112, 0]
    row = row_of(form, found["mistakes"][0]["place"])
    np.testing.assert_array_equal(first[7::14, 7::14], PIXELS[row])


def test_where_there_is_no_mistake_or_no_image(home: Path, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()
    assert main(["eval", "run", f"data/{name_of(3)}", "--images", "none.png"]) == 0
    told = capsys.readouterr()
    assert told.err == "no image is misclassified, so none.png is not written\n"
    assert "misclassified" not in told.out
    assert not Path("none.png").exists()
    assert main(["eval", "run", "--images", "wrong.jpg"]) == 2
    assert main(["eval", "run", "--images", "nowhere/wrong.png"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: wrong.jpg: the images are written as a PNG; choose a name that ends in .png",
        "error: nowhere: there is no such folder; make it first",
    ]


def test_no_images_where_samples_are_none(workplace: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["eval", "runs/classes", "--images", "wrong.png"]) == 2
    assert "error: --images: the network does not classify images" in capsys.readouterr().err
    assert main(["eval", "runs/classes", "--json"]) == 0
    assert "mistakes" not in json.loads(capsys.readouterr().out)
