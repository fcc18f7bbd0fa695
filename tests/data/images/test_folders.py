"""Folders and archives of images: classes, parts, what is left out, links, and names in bytes of any kind."""

from __future__ import annotations

import csv
import json
import os
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.data.readers.outline import Request
from dltool.data.sources.images import Images
from dltool.errors import InputError

Image = pytest.importorskip("PIL.Image")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def drawing(seed: int, bright: bool) -> bytes:
    stream = BytesIO()
    noise = np.random.default_rng(seed).integers(0, 60, (12, 12, 3)) + 150 * bright
    Image.fromarray(noise.astype(np.uint8)).save(stream, "png")
    return stream.getvalue()


def put(*names: str | bytes) -> None:
    """Images by these names; bright ones where the name holds "up"."""
    for seed, name in enumerate(map(os.fsencode, names)):
        os.makedirs(os.path.dirname(name) or b".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(drawing(seed, b"up" in name))


def packed(folder: str, name: str) -> str:
    """A folder as a zip archive."""
    with zipfile.ZipFile(name, "w") as archive:
        for path in sorted(Path(folder).rglob("*")):
            archive.write(path, path.relative_to(folder))
    return name


def classes(path: str, **fields: str) -> tuple[dict[str, int], list[str]]:
    """How many images each class has, and what is noted."""
    with Images.model_validate({"path": path, **fields}).open([], Request()) as reader:
        found = reader.outline.targets["class"].tolist()
        return {name: found.count(name) for name in sorted(set(found))}, [*reader.outline.notes]


UP_DOWN = [f"{name}/{i}.png" for name in ("down", "up") for i in range(3)]
LAYOUTS: dict[str, tuple[list[str], dict[str, int], str]] = {
    "classes": (UP_DOWN, {"down": 3, "up": 3}, ""),
    "wrapped": ([f"data/pets/{name}" for name in UP_DOWN], {"down": 3, "up": 3}, ""),
    "folders inside classes": (
        ["up/2023/1.png", "up/2024/2.png", "down/2023/3.png"],
        {"down": 1, "up": 2},
        "classes are the top folders ('down', 'up'); folders inside them ('2023', '2024') are ignored"
        " (class_folder: innermost uses them)",
    ),
    "wrapped folders inside classes": (
        ["pets/up/a/1.png", "pets/up/b/c/2.png", "pets/down/3.png"],
        {"down": 1, "up": 2},
        "classes are the top folders",
    ),
    "one class": (["up/1.png", "up/2.png"], {"up": 2}, ""),
    "a class called train": (["train/1.png", "plane/1.png"], {"plane": 1, "train": 1}, ""),
    "clutter": ([*UP_DOWN, "__MACOSX/up/._0.png", ".cache/up/1.png", "up/.hidden.png"], {"down": 3, "up": 3}, ""),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", LAYOUTS)
def test_classes_of_folders(name: str, zipped: bool) -> None:
    names, expected, told = LAYOUTS[name]
    put(*(f"root/{one}" for one in names))
    found, notes = classes(packed("root", "root.zip") if zipped else "root")
    assert found == expected
    assert len(notes) == bool(told)
    assert told in "".join(notes)


def test_the_innermost_folder_can_be_the_class() -> None:
    put("root/up/2023/1.png", "root/up/2024/2.png", "root/down/2023/3.png")
    assert classes("root", class_folder="innermost")[0] == {"2023": 2, "2024": 1}


PARTS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "train and test": (["train/up", "train/down", "test/up", "test/down"], {"train": "train", "test": "test"}, ""),
    "three, called otherwise": (
        ["Training/up", "Training/down", "val2017/up", "test-images/down"],
        {"train": "Training", "validation": "val2017", "test": "test-images"},
        "",
    ),
    "wrapped": (
        ["set/train/up", "set/train/down", "set/valid/up"],
        {"train": "set/train", "validation": "set/valid"},
        "",
    ),
    "unlabeled": (
        ["train/up", "train/down", "test"],
        {"train": "train"},
        "{root}/test: left out, as its images are"
        " not in folders named like the training classes; to predict them: dltool predict RUN {root}/test",
    ),
    "no known class": (["train/up", "train/down", "test/unknown"], {"train": "train"}, "{root}/test: left out"),
    "others": (
        ["train/up", "train/down", "test/up", "extra/up"],
        {"train": "train", "test": "test"},
        "{root}/extra: left out, as its name is not that of a part, such as test",
    ),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", PARTS)
def test_parts_in_folders(name: str, zipped: bool, capsys: pytest.CaptureFixture[str]) -> None:
    folders, expected, told = PARTS[name]
    put(*(f"root/{folder}/{i}.png" for folder in folders for i in range(12)))
    root = packed("root", "root.zip") if zipped else "root"
    assert main(["init", root, "-o", "c.yaml"]) == 0
    assert told.format(root=root) in capsys.readouterr().out
    data = yaml.safe_load(Path("c.yaml").read_text())["data"]
    found = {"train": data, **{part: data[part] for part in ("validation", "test") if part in data}}
    assert {part: one["images"]["path"] for part, one in found.items()} == {
        part: f"{root}/{folder}" for part, folder in expected.items()
    }
    assert main(["check", "c.yaml", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["classes"] == ["down", "up"]
    if len(expected) > 1:
        with pytest.raises(InputError, match="its folders are parts, not classes; name them: images: "):
            classes(root)


def test_an_archive_beside_a_folder() -> None:
    put(*(f"both/{name}" for name in UP_DOWN))
    packed("both", "both/more.zip")
    found, notes = classes("both")
    assert found == {"down": 3, "up": 3}
    assert notes == ["both: left out 'more.zip', an archive, which is only read if it is named"]


def test_links_are_followed_once() -> None:
    put(*(f"root/{name}" for name in UP_DOWN), "elsewhere/4.png")
    for name, target in {
        "up/round": "..",
        "up/again.png": "0.png",
        "self": "self",
        "root": "../root",
        "above": "../..",
        "down/new.png": "../../elsewhere/4.png",
    }.items():
        Path("root", name).symlink_to(target)
    os.mkfifo("root/up/pipe.png")
    found, notes = classes("root")
    assert found == {"down": 4, "up": 3}
    assert notes == [
        "root: left out 4 files, each a link to something already listed: 'above', 'root', 'up/again.png', …",
        "root: left out 'self', a link to nothing",
        "root: left out 'up/pipe.png', neither file nor folder",
    ]


def test_a_class_without_an_image_is_named() -> None:
    put(*(f"root/{name}" for name in UP_DOWN))
    Path("root/left").mkdir()
    Path("root/left/notes.txt").write_text("none")
    assert classes("root")[1] == [
        "root: left out 'left/notes.txt', no image",
        "root: no image in 'left', so it is not a class",
    ]


RAW = [b"root/caf\xe9 up/%d\xff.png" % i for i in range(8)] + [b"root/d\xc3\xa9/%d.png" % i for i in range(8)]


UNIX, WINDOWS, IN_UTF8 = 3, 0, 0x800


class Member(zipfile.ZipInfo):
    """A member of an archive, called by bytes as old programs do."""

    __slots__ = ("flags", "raw")

    def __init__(self, raw: bytes, system: int, flags: int = 0):
        super().__init__(raw.decode("latin-1"))
        self.raw, self.create_system, self.flags = raw, system, flags

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  (of Python)
        return self.raw, self.flags


def zipped_raw(marked: bool) -> str:
    """An archive as Unix writes it: names are the bytes of the files', and only UTF-8 ones may be marked as such."""
    with zipfile.ZipFile("raw.zip", "w") as archive:
        for name in RAW:
            flags = IN_UTF8 if marked and b"\xff" not in name else 0
            member = Member(name.removeprefix(b"root/"), UNIX, flags)
            archive.writestr(member, Path(os.fsdecode(name)).read_bytes())
    return "raw.zip"


@pytest.mark.parametrize("source", ["root", "marked", "unmarked"])
def test_names_that_are_not_utf8(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(*RAW)
    where = "root" if source == "root" else zipped_raw(source == "marked")
    assert main(["init", where, "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=2"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", where]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(rows[0]) == ["file", "prediction", "probability_caf\\xe9 up", "probability_dé"]
    assert [row["file"] for row in rows] == [f"{where}/caf\\xe9 up/{i}\\xff.png" for i in range(8)] + [
        f"{where}/dé/{i}.png" for i in range(8)
    ]
    assert main(["predict", "run", where, "-o", "out.jsonl"]) == 0
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == [row["file"] for row in rows]
    capsys.readouterr()
    assert main(["eval", "run", "root", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == ["caf\\xe9 up", "dé"]
    assert "caf\\xe9 up" in Path("run/report.html").read_text()


def test_single_files_whose_names_are_not_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    put(*RAW)
    assert main(["init", "root", "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=2"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", *map(os.fsdecode, (RAW[0], b"not h\xe9re.png"))]) == 1
    said = capsys.readouterr()
    assert [line.partition(",")[0] for line in said.out.splitlines()] == ["file", "root/caf\\xe9 up/0\\xff.png"]
    assert said.err == "error: no file 'not h\\xe9re.png'\n"


def test_a_config_cannot_hold_such_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    put(*(f"root/{name}" for name in UP_DOWN))
    os.rename("root", b"r\xf6\xf6t")
    assert main(["init", os.fsdecode(b"r\xf6\xf6t"), "-o", "c.yaml"]) == 2
    assert capsys.readouterr().err == (
        "error: r\\xf6\\xf6t: its name is not UTF-8, which a config requires; rename it, or link to it\n"
    )
    assert not Path("c.yaml").exists()


def test_what_predict_names_in_an_archive_it_also_takes(capsys: pytest.CaptureFixture[str]) -> None:
    put(*(f"root/{name}/{i}.png" for name in ("up", "down") for i in range(8)))
    packed("root", "root.zip")
    assert main(["init", "root.zip", "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=2"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", "root.zip"]) == 0
    whole = capsys.readouterr().out.splitlines()
    assert main(["predict", "run", "root.zip/down", "root.zip/up/3.png"]) == 0
    assert capsys.readouterr().out.splitlines() == [*whole[:9], whole[12]]
    assert main(["predict", "run", "root.zip/up/3.png", "root.zip/left"]) == 2
    assert capsys.readouterr().err == "error: root.zip: has nothing called 'left' inside\n"


def test_classes_are_found_whatever_is_around_them(capsys: pytest.CaptureFixture[str]) -> None:
    put(
        *(f"root/{name}/{i}.png" for name in ("up", "down") for i in range(8)),
        "more/set/up/2024/a.png",
        "more/set/up/b.png",
    )
    assert main(["init", "root", "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=2"]) == 0
    for given in (["more"], ["more/set/up"], ["more/set/up/2024"], ["more/set/up/2024/a.png", "more/set/up/b.png"]):
        capsys.readouterr()
        assert main(["eval", "run", *given, "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["per_class"]
        assert [row["class"] for row in rows if row["support"]] == ["up"]


@pytest.mark.parametrize(
    ("raw", "expected"), [(b"up\\1.png", "up"), ("hé/1.png".encode("cp437"), "hé"), ("hé/1.png".encode(), "hé")]
)
def test_archives_of_old_windows_programs(raw: bytes, expected: str) -> None:
    with zipfile.ZipFile("old.zip", "w") as archive:
        archive.writestr(Member(raw, WINDOWS), drawing(0, True))
        archive.writestr("down/2.png", drawing(1, False))
    assert sorted(classes("old.zip")[0]) == sorted(["down", expected])


def test_accents_are_the_same_composed_or_not() -> None:
    put("root/he\u0301/1.png", "root/up/1.png")
    assert classes("root")[0] == {"h\u00e9": 1, "up": 1}


REFUSED = {
    "images without folders": (
        ["root/1.png", "root/2.png"],
        "root",
        "root: its images are not in class folders; put the images of each class in a folder",
    ),
    "a single image": (
        ["root/up/1.png"],
        "root/up/1.png",
        "root/up/1.png: is a single image; name a folder that holds one folder for each class",
    ),
    "too few to divide": (
        ["root/up/1.png", "root/up/2.png", "root/down/1.png", "root/down/2.png"],
        "root",
        "4 rows: too few to set some apart for validation and test; at least 6 are needed",
    ),
    "two for a part": (
        [f"root/{part}/{name}" for part in ("train", "test1", "test2") for name in UP_DOWN],
        "root",
        "'test1' and 'test2' are both for test; name one",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_init_refuses(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    names, given, line = REFUSED[name]
    put(*names)
    assert main(["init", given, "-o", "c.yaml"]) == 2
    assert capsys.readouterr().err == f"error: {line}\n"


def test_a_table_beside_its_pictures_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    put(*(f"root/plots/{i}.png" for i in range(3)))
    Path("root/train.csv").write_text(
        "a,y\n" + "".join(f"{i * 7 % 11},{'no' if i % 3 else 'yes'}\n" for i in range(30))
    )
    assert main(["init", "root", "-o", "c.yaml"]) == 0
    assert "table" in yaml.safe_load(Path("c.yaml").read_text())["data"]
    assert "warning: root: left out 3 images beside train.csv; " in capsys.readouterr().out


@pytest.mark.parametrize("form", ["tar", "gztar", "7z", "rar"])
def test_other_archives_are_named_as_such(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    put(*(f"root/{name}" for name in UP_DOWN))
    if form in ("tar", "gztar"):
        given = Path(shutil.make_archive("packed", form, "root")).name
    else:
        given = f"packed.{form}"
        Path(given).write_bytes({"7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07\x01\x00"}[form] + bytes(50))
    assert main(["init", given]) == 2
    line = f"error: {given}: archives other than zip are not supported; unpack it and name the folder\n"
    assert capsys.readouterr().err == line


def test_classes_that_differ_in_case_only_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    put(*(f"root/{name}/{i}.png" for name in ("cat", "Cat", "dog") for i in range(4)))
    Path("c.yaml").write_text(
        yaml.safe_dump(
            {"data": {"images": "root"}, "model": ["flatten", {"dense": "classes"}], "loss": "cross_entropy"}
        )
    )
    assert main(["check", "c.yaml"]) == 0
    told = "warning: data: 'Cat', 'cat' differ only in case or spaces; if they are the same, give them the same name"
    assert told in capsys.readouterr().out


def test_a_terminal_names_what_cannot_be_read_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(*(f"root/{name}/{i}.png" for name in ("up", "down") for i in range(8)))
    Path("root/up/9.png").write_bytes(b"")
    assert main(["init", "root", "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=2"]) == 0
    capsys.readouterr()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["predict", "run", "root"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "6 more rows; to write everything to a file: -o predictions.csv"
    assert said.err == "error: root/up/9.png: is empty\n"


def test_a_config_is_not_taken_for_data(capsys: pytest.CaptureFixture[str]) -> None:
    Path("digits.yaml").write_text("data: {table: {path: digits.csv, target: digit}}\n")
    assert main(["init", "digits.yaml"]) == 2
    assert capsys.readouterr().err == (
        "error: digits.yaml: is a config, not data; train it with: dltool train, or name the data\n"
    )
