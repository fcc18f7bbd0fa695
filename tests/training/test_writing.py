"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from dltool.cli.main import main
from dltool.errors import InputError, RunError
from dltool.training.writing import require_page, require_place, write_whole


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    os.mkfifo("pipe")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("folder", "folder: is a folder; name a file in it"),
        ("pipe", "pipe: exists and is not a file"),
        ("no/page.html", "no: there is no such folder; make it first"),
        ("file/page.html", "file: is a file, not a folder"),
    ],
)
def test_places_where_no_file_can_be_made(name: str, line: str):
    with pytest.raises(InputError) as caught:
        require_place(Path(name))
    assert str(caught.value) == line


def test_a_folder_that_may_not_be_written_into(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(InputError, match=f"{tmp_path}: you have no permission to write into this folder"):
        require_place(Path("page.html"))


def test_pages_end_in_html():
    require_page(Path("folder/page.HTML"))
    with pytest.raises(InputError, match=r"page.pdf: the page is written as HTML; choose a name that ends in .html"):
        require_page(Path("page.pdf"))


def test_a_link_stays_a_link_and_its_file_keeps_its_mode():
    Path("folder/file").touch(0o600)
    Path("link").symlink_to("folder/file")
    require_place(Path("link"))
    write_whole(Path("link"), "content")
    assert Path("folder/file").read_text() == "content"
    assert Path("folder/file").stat().st_mode & 0o777 == 0o600
    assert Path("link").is_symlink()


def test_a_link_into_a_folder_that_is_not_there():
    Path("link").symlink_to("missing/file")
    with pytest.raises(InputError, match="missing: there is no such folder; make it first"):
        require_place(Path("link"))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(file: int) -> None:
        os.truncate(file, 1)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.usefixtures("full_disk")
def test_a_failure_keeps_what_was_there():
    Path("file").write_text("before")
    with pytest.raises(RunError, match="file: cannot be written: No space left on device"):
        write_whole(Path("file"), "after")
    assert Path("file").read_text() == "before"
    assert {path.name for path in Path().iterdir()} == {"file", "folder", "pipe"}


@pytest.mark.parametrize("arguments", [["init", "data.csv", "-o", "c.yaml"], ["train", "small.yaml", "--run-dir", "r"]])
def test_a_full_disk_gets_no_half_of_a_file(arguments: list[str], full_disk: Any, capsys: pytest.CaptureFixture[str]):
    Path("data.csv").write_text("a,y\n" + "".join(f"{n % 7},{'uv'[n % 2]}\n" for n in range(40)))
    Path("small.yaml").write_text(
        "{data: {table: {path: data.csv, target: y}, split: {validation: 0}}, model: [{dense: classes}],"
        " loss: cross_entropy, optimizer: sgd, train: {epochs: 1}}"
    )
    before = sorted(Path().iterdir())
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith(("error: c.yaml: cannot be", "error: r/config.yaml: cannot be"))
    assert sorted(Path().iterdir()) == before
