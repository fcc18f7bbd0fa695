"""What becomes of each kind of image, alone and in a folder with all others."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.data.images.reader import ImageReader
from dltool.data.readers.outline import Request
from dltool.data.sources.images import Images
from dltool.errors import InputError

from .gallery import CLUTTER, DEEP_COLORS, DEEP_GALLERY, GALLERY, OTHERS, SCENE, Picture

GOOD = [picture for picture in GALLERY if not picture.problem]
BAD = [picture for picture in GALLERY if picture.problem]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(picture: Picture, channels: int, dtype: str) -> tuple[np.ndarray, list[str]]:
    """The pixels of a file for a network that takes such images, and what is said of it."""
    Path(picture.name).write_bytes(picture.content)
    request = Request(targets=False, shape=(12, 8, channels), dtype=dtype)
    with Images(path=picture.name).open([], request) as reader:
        (pixels,) = reader.read({})
        return cast(np.ndarray, pixels)[0], reader.remarks()


CASES = [
    *((picture, 3, "uint8") for picture in GALLERY),
    *((picture, 1, "float32") for picture in DEEP_GALLERY),
    *((picture, 3, "float32") for picture in DEEP_COLORS),
]


@pytest.mark.parametrize(
    ("picture", "channels", "dtype"), CASES, ids=[f"{one.name}-{dtype}" for one, _, dtype in CASES]
)
def test_what_becomes_of_it(picture: Picture, channels: int, dtype: str) -> None:
    if picture.problem:
        with pytest.raises(InputError) as caught:
            read(picture, channels, dtype)
        (problem,) = caught.value.problems
        assert problem.where == picture.name
        assert problem.message.endswith(picture.problem)
        return
    pixels, remarks = read(picture, channels, dtype)
    assert picture.pixels is not None
    np.testing.assert_allclose(
        pixels.astype(float), picture.pixels.reshape(12, 8, channels).astype(float), atol=picture.tolerance
    )
    assert pixels.dtype == (np.uint8 if dtype == "uint8" else np.float64)
    if dtype == "uint8" or picture.told:
        assert bool(remarks) == bool(picture.told)
        assert picture.told in " ".join(remarks)


@pytest.mark.parametrize("picture", GOOD, ids=[one.name for one in GOOD])
def test_headers_tell_what_pixels_will_be(picture: Picture) -> None:
    Path(picture.name).write_bytes(picture.content)
    with Images(path=picture.name).open([], Request(targets=False)) as reader:
        (header,) = cast(ImageReader, reader).headers
        assert header.size == (12, 8)
        gray = "gray" in picture.told or "gray" in picture.name or picture.name == "one_bit.png"
        assert reader.outline.feature_shape == (12, 8, 1 if gray else 3)
        assert reader.outline.feature_dtype == "uint8"
        assert next(iter(reader.read({}))).shape == (1, *reader.outline.feature_shape)


def whole_folder() -> None:
    """Every kind in one of two classes, with what lies about."""
    for number, picture in enumerate(GALLERY):
        path = Path("all", "ab"[number % 2], picture.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture.content)
    for name, content in OTHERS.items():
        Path("all", name).write_bytes(content)
    for name in CLUTTER:
        Path("all/a", name).write_bytes(b"clutter")
    Path("all/empty").mkdir()


def zipped() -> None:
    with zipfile.ZipFile("all.zip", "w") as archive:
        for path in sorted(Path("all").rglob("*")):
            archive.write(path, Path("around") / path)


def config(**images: Any) -> None:
    data = {"images": images, "split": {"validation": 0.25}}
    model = ["flatten", {"dense": "classes"}]
    Path("c.yaml").write_text(
        yaml.safe_dump({"data": data, "model": model, "loss": "cross_entropy", "train": {"epochs": 1}})
    )


@pytest.mark.parametrize("packed", [False, True])
def test_all_in_one_folder(packed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    whole_folder()
    if packed:
        zipped()
    where = "all.zip" if packed else "all"
    config(path=where)
    refusals = []
    for command in ("check", "train"):
        assert main([command, "c.yaml"]) == 2
        refusals.append(capsys.readouterr().err)
    assert refusals[0] == refusals[1]
    assert len(refusals[0].splitlines()) == len(BAD)
    for picture in BAD:
        assert any(f"/{picture.name}: data.images: " in line for line in refusals[0].splitlines())
    config(path=where, damaged="skip")
    assert main(["check", "c.yaml"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    inside = "around/all/" if packed else ""
    for text in (
        f"left out 5 files, each no image (1 .eps, 1 .heic, 1 .pdf, …): '{inside}drawing.eps'",
        f"left out '{inside}more.zip', an archive, which is only read if it is named",
        f"left out {len(BAD)} damaged images (damaged: skip): ",
        "no image in 'empty', so it is not a class",
        f"of {len(GOOD)} images are gray: converted to RGB",
        f"of {len(GOOD)} images are CMYK, for print: converted to RGB",
        f"of {len(GOOD)} images are animated or of several pages: the first one is used",
        "transparent, or may be: laid on white (background)",
    ):
        assert text in told
    assert not any(name in told for name in CLUTTER)
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", where]) == 1
    said = capsys.readouterr()
    names = {Path(row["file"]).name for row in csv.DictReader(said.out.splitlines())}
    assert names == {picture.name for picture in GOOD}
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert all(any(f"/{picture.name}: " in line for line in errors) for picture in BAD)


def test_init_on_all_of_them_writes_what_check_takes(capsys: pytest.CaptureFixture[str]) -> None:
    whole_folder()
    assert main(["init", "all"]) == 0
    said = capsys.readouterr().out
    assert (
        f"warning: all: {len(BAD)} of {len(GALLERY)} images cannot be used and are left out (damaged: skip): " in said
    )
    assert main(["check", "all.yaml"]) == 0


@pytest.mark.parametrize("background", ["black", "#102030", [1, 2, 3]])
def test_a_background_of_ones_own(background: Any) -> None:
    picture = next(one for one in GALLERY if one.name == "rgba.png")
    Path(picture.name).write_bytes(picture.content)
    with Images(path=picture.name, background=background).open([], Request(targets=False)) as reader:
        (pixels,) = reader.read({})
    seen = {"black": (0, 0, 0), "#102030": (16, 32, 48)}.get(str(background), (1, 2, 3))
    assert cast(np.ndarray, pixels)[0, 11, 0].tolist() == list(seen)
    np.testing.assert_array_equal(cast(np.ndarray, pixels)[0, :6], SCENE[:6])


def test_a_background_that_is_no_color() -> None:
    Path("x.png").write_bytes(GALLERY[0].content)
    with pytest.raises(InputError, match="background: 'wite' is not a color such as white, gray"):
        Images(path="x.png", background="wite").open([], Request(targets=False))
