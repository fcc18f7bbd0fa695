"""Every file in `broken` opens with the lines that it must give."""

import shutil
from pathlib import Path

import pytest

from dltool.cli.main import main

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))


@pytest.mark.parametrize("source", BROKEN, ids=[path.stem for path in BROKEN])
def test_a_broken_config_gives_its_lines_and_leaves_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = [line[2:] for line in source.read_text().splitlines() if line.startswith("# error: ")]
    shutil.copy(source, tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["train", source.name]) == 2
    assert capsys.readouterr().err.splitlines() == expected
    assert [path.name for path in tmp_path.iterdir()] == [source.name]


def test_there_are_many() -> None:
    assert len(BROKEN) >= 60
