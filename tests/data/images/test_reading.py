"""What all images of a folder decide together, and what becomes of damaged ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.data.images.pixels import Form, pixels
from dltool.data.readers.outline import Request
from dltool.data.sources.images import Images

Image = pytest.importorskip("PIL.Image")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(name: str, pixels: np.ndarray) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(name)


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def two_classes(count: int = 10, *shape: int, root: str = "root") -> None:
    for name in ("a", "b"):
        for i in range(count):
            save(f"{root}/{name}/{i:03}.png", noise(i + 100 * (name == "b"), *(shape or (12, 12, 3))))


def config(**data: Any) -> None:
    model = ["flatten", {"dense": "classes"}]
    rest = {"model": model, "loss": "cross_entropy", "train": {"epochs": 5, "batch_size": 8}}
    Path("c.yaml").write_text(yaml.safe_dump({"data": data, **rest}))


def checked(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What `check` says of the data."""
    capsys.readouterr()
    assert main(["check", "c.yaml", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["findings"]
    return [one["message"] for one in found if one["path"] == "data"]


def proposed(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], list[str]]:
    """The data of the config that `init` writes, and what it says."""
    capsys.readouterr()
    assert main(["init", "root", "--force", "-o", "c.yaml"]) == 0
    return yaml.safe_load(Path("c.yaml").read_text())["data"], capsys.readouterr().out.splitlines()


def test_one_image_in_color_among_many_gray_ones(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(60, 8, 8)
    save("root/a/031.png", noise(0, 8, 8, 3))
    _, said = proposed(capsys)
    assert said[0] == "data      120 samples of 8 × 8 × 3 bytes"
    note = "root: 119 of 120 images are gray: converted to RGB"
    assert f"note: {note}" in said
    assert note in checked(capsys)


def test_one_image_of_another_size_among_many(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(60, 8, 8)
    save("root/a/031.png", noise(0, 8, 16))
    data, said = proposed(capsys)
    assert data["images"]["size"] == [8, 8]
    assert "note: root: 1 of 120 images is resized to 8 × 8, from 8 × 8 … 8 × 16" in said
    assert "note: root: 1 of 120 images is distorted: another aspect ratio than 8 × 8, by up to 100%" in said
    checked(capsys)


@pytest.mark.parametrize("scaling", [None, "standard", "minmax"])
def test_twelve_bits_in_sixteen_are_told_apart(scaling: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    for name, left in (("left", 1), ("right", 7)):
        for i in range(20):
            pixels = 1130 + noise(i + left, 12, 12).astype(np.uint16) // 8
            pixels[4:8, left : left + 4] += 60
            save(f"root/{name}/{i}.png", pixels)
    config(images="root", split={"validation": 0.3}, **({"scaling": scaling} if scaling else {}))
    notes = checked(capsys)
    assert "root: all 40 images are of 16 bits: all values are kept, as numbers" in notes
    assert "pixels of the training part lie between 1130 and 1221" in notes
    assert any("mean 0 and deviation 1" in note for note in notes) == (scaling is None)
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=30"]) == 0
    capsys.readouterr()
    assert main(["eval", "run", "root", "--json", "--images", "wrong.png"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"]["accuracy"] > 0.9
    alone, whole = [], []
    for rows, given in ((alone, ["root/left/3.png"]), (whole, ["root"])):
        assert main(["predict", "run", *given]) == 0
        rows += list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert alone[0] in whole


def test_an_image_of_eight_bits_for_a_network_of_sixteen_and_the_other_way(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(10, 12, 12)
    save("deep.png", noise(0, 12, 12).astype(np.uint16) * 257)
    save("float.tif", noise(0, 12, 12).astype(np.float32))
    config(images="root", split={"validation": 0.2})
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", "root/a/000.png", "deep.png", "float.tif"]) == 1
    said = capsys.readouterr()
    rows = list(csv.DictReader(said.out.splitlines()))
    assert rows[0]["probability_a"] == rows[1]["probability_a"]
    assert said.err.splitlines() == [
        "note: the images given: 1 of 2 images is of 16 bits, where the network takes 8: divided by 257",
        "error: float.tif: has 32 bits, but the training images have 8: its range is not known",
    ]


def test_constant_images_are_no_repeated_rows(capsys: pytest.CaptureFixture[str]) -> None:
    for name in "ab":
        for i in range(10):
            clear = np.zeros((12, 12, 4), np.uint8)
            clear[i : i + 3, 2:9, 3] = 255
            save(f"root/{name}/{i}.png", clear)
    config(images={"path": "root", "background": "black"}, split={"validation": 0.5})
    black = "root: 20 of 20 samples have a single color each: root/a/0.png, root/a/1.png, "
    notes = checked(capsys)
    assert [note for note in notes if "inflate" in note] == []
    assert [note.startswith(black) for note in notes if "single color" in note] == [True]
    assert main(["train", "c.yaml", "--run-dir", "run", "--set", "train.epochs=1"]) == 0
    assert black in capsys.readouterr().out
    config(images="root", split={"validation": 0.5})
    notes = checked(capsys)  # black strokes on white are seen
    assert not any("single color" in note for note in notes)
    assert "root: all 20 images are transparent, or may be: laid on white (background)" in notes


def test_a_float_that_is_no_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(3)
    bad = np.ones((12, 12), np.float32)
    bad[3, 4] = np.nan
    save("root/a/bad.tif", bad)
    config(images="root", split={"validation": 0.3})
    assert main(["check", "c.yaml"]) == 2
    assert capsys.readouterr().err == (
        "error: root/a/bad.tif: data.images: the value of the pixel at row 4, column 5 is not a finite number\n"
    )


def damage(*names: str) -> None:
    for name in names:
        content = Path(name).read_bytes()
        Path(name).write_bytes(content[: len(content) * 2 // 3])


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_every_damaged_image_of_every_part_is_named_at_once(scaling: str, capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(20)
    two_classes(5, root="other")
    names = [f"root/a/{i:03}.png" for i in range(20)][:14]
    damage(*names, "other/a/000.png", "other/b/003.png")
    config(images="root", test={"images": "other"}, scaling=scaling, split={"validation": 0.2})
    lines = [
        *(f"error: {name}: data.images: cut short" for name in names[:10]),
        "error: root: data.images: 4 more images cannot be used",
        "error: other/a/000.png: data.test.images: cut short",
        "error: other/b/003.png: data.test.images: cut short",
    ]
    for command in ("check", "train"):
        assert main([command, "c.yaml"]) == 2
        assert capsys.readouterr().err.splitlines() == lines
    assert not Path("runs").exists()


def test_damaged_images_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(10)
    damage("root/a/001.png", "root/b/002.png")
    config(images={"path": "root", "damaged": "skip"}, split={"validation": 0.2})
    told = "root: left out 2 damaged images (damaged: skip): 'a/001.png', 'b/002.png'"
    assert told in checked(capsys)
    assert main(["train", "c.yaml", "--run-dir", "run"]) == 0
    assert told in capsys.readouterr().out
    assert main(["predict", "run", "root", "-o", "out.csv"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("18 rows → out.csv")
    assert said.err.splitlines() == ["error: root/a/001.png: cut short", "error: root/b/002.png: cut short"]
    assert main(["eval", "run", "root", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 18
    assert main(["report", "run"]) == 0


def test_no_image_is_unpacked_twice_to_leave_out_damaged_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(10)
    damage("root/a/001.png", "root/b/002.png")
    unpacked: list[str] = []

    def counting(content: bytes, name: str, form: Form) -> Any:
        unpacked.append(name)
        return pixels(content, name, form)

    monkeypatch.setattr("dltool.data.images.reader.pixels", counting)
    assert main(["init", "root", "-o", "c.yaml"]) == 0
    assert len(unpacked) == 20
    unpacked.clear()
    source = Images(path="root", damaged="skip")
    with source.open([], Request()) as reader:
        images = np.concatenate([cast(np.ndarray, chunk) for chunk in reader.read({})])
    assert len(unpacked) == 20
    names = [name for name in sorted(unpacked) if name not in ("a/001.png", "b/002.png")]
    np.testing.assert_array_equal(images, [np.asarray(Image.open(Path("root", name))) for name in names])


def test_init_says_what_it_has_not_looked_at(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    two_classes(10)
    assert not any("looked at" in line for line in proposed(capsys)[1])
    monkeypatch.setattr("dltool.proposal.pictures.TRIED_OUT", 7)
    told = "note: root: looked at the headers of all 20 images and the pixels of 7; dltool check decodes all of them"
    assert told in proposed(capsys)[1]


def test_nothing_but_damaged_images(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("root/a/1.png", "root/b/2.png"):
        Path(name).parent.mkdir(parents=True)
        Path(name).write_bytes(b"")
    for damaged in ("refuse", "skip"):
        config(images={"path": "root", "damaged": damaged})
        assert main(["check", "c.yaml"]) == 2
        lines = [f"error: {name}: data.images: is empty" for name in ("root/a/1.png", "root/b/2.png")]
        assert capsys.readouterr().err.splitlines() == lines
    assert main(["init", "root"]) == 2
    assert capsys.readouterr().err.splitlines() == [line.replace("data.images: ", "") for line in lines]


def test_the_same_file_given_twice_is_predicted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    two_classes(10)
    config(images="root", split={"validation": 0.2})
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", "root/a/000.png", "gone.png", "root/a/000.png"]) == 1
    _, *rows = capsys.readouterr().out.splitlines()
    assert rows[0] == rows[1]


def test_large_pictures_are_not_unpacked_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(3)

    def refuse(*_: Any) -> None:
        raise AssertionError("pixels are unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    monkeypatch.setattr("PIL.Image.Image.load", refuse)
    with Images(path="root").open([], Request()) as reader:
        assert reader.outline.feature_shape == (12, 12, 3)
