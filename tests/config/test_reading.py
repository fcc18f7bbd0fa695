import re
from pathlib import Path

import pytest

from dltool.config.loading import load
from dltool.errors import InputError
from tests.config.configs import CONFIG, problems, write


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "c.yaml:1:1: the file is empty; a config has keys: data, model, loss, …"),
        (CONFIG.encode("utf-16"), "c.yaml: this is UTF-16; save it as UTF-8"),
        (b"name: caf\xe9\n", "c.yaml:1:10: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"a: 1\nb: \xff\n", "c.yaml:2:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        (b"PK\x03\x04\x00\x00", "c.yaml: this is a binary file, not a config"),
        (b"a: 1\n" * 1_000_000, "c.yaml: larger than 4 MB; this is not a config"),
    ],
)
def test_files_that_are_no_configs(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    assert problems(path) == [problem]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + CONFIG.replace("\n", "\r\n").encode())
    assert load(path) == load(write(tmp_path))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("digit.yaml", "no such file; did you mean {}/digits.yaml?"),
        ("mnist.yaml", "no such file; configs there: digits.yaml, other.yml"),
        ("runs", "a directory, not a config; did you mean {}/runs/config.yaml?"),
        (".", "a directory, not a config; configs there: digits.yaml, other.yml"),
        ("nowhere/digits.yaml", "no such file; there is no directory '{}/nowhere'"),
    ],
)
def test_missing_files_name_what_is_near(name: str, problem: str, tmp_path: Path) -> None:
    write(tmp_path, name="digits.yaml")
    write(tmp_path, name="other.yml")
    (tmp_path / "runs").mkdir()
    write(tmp_path / "runs", name="config.yaml")
    with pytest.raises(InputError, match=re.escape(problem.format(tmp_path))):
        load(tmp_path / name)
