"""Standard output and error that go away: no result is claimed that nobody got, and no training is lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dltool.cli.main import main
from dltool.cli.output_streams import Outlet, Output, OutputLostError
from dltool.training.metrics_log import has_ended
from tests.training.runs import write_config

FULL = Path("/dev/full")


class Losses(list[OSError]):
    """What was told to be lost."""

    def output(self, descriptor: int, encoding: str = "utf-8") -> Output:
        return Output(Outlet(descriptor, self.append), encoding)


def test_what_is_written_arrives():
    reading, writing = os.pipe()
    output = Losses().output(writing)
    output.write("Z\udcfcrich …\n")  # a name that was not UTF-8
    os.close(writing)
    assert os.read(reading, 100) == b"Z\xfcrich \xe2\x80\xa6\n"
    os.close(reading)


def test_an_encoding_without_a_character():
    reading, writing = os.pipe()
    Losses().output(writing, "iso-8859-1").write("★ ü\n")
    assert os.read(reading, 100) == b"? \xfc\n"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC, errno.EBADF])
def test_a_loss_is_told_once(number: int):
    losses = Losses()
    if number == errno.EPIPE:
        reading, writing = os.pipe()
        os.close(reading)
    elif number == errno.ENOSPC:
        writing = os.open(FULL, os.O_WRONLY)
    else:
        writing = os.open(os.devnull, os.O_RDONLY)
    output = losses.output(writing)
    for _ in range(3):
        output.write("line\n" * 5000)
    output.flush()
    assert [error.errno for error in losses] == [number]
    os.close(writing)


def test_a_reader_that_has_had_enough_is_no_error():
    assert (OutputLostError(OSError(errno.EPIPE, "Broken pipe")).problems, 141) == ((), 141)
    assert OutputLostError(OSError(errno.EIO, "I/O")).exit_code == 141
    error = OutputLostError(OSError(errno.ENOSPC, "No space left on device"))
    assert (str(error), error.exit_code) == ("standard output: cannot be written: No space left on device", 1)


def run(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of a command in a shell, and what is on standard error."""
    done = subprocess.run(
        ["bash", "-c", command.replace("dltool", f"{sys.executable} -m dltool")],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("dltool list > /dev/full", 1, "error: standard output: cannot be written: No space left on device\n"),
        ("dltool show small.yaml >&-", 1, "error: standard output: cannot be written: Bad file descriptor\n"),
        ("set -o pipefail; dltool schema | true", 141, ""),
        ("set -o pipefail; dltool --help | true", 141, ""),
        ("dltool list nothing 2>&-", 2, ""),
    ],
)
def test_a_result_that_nobody_gets(tmp_path: Path, command: str, code: int, told: str):
    write_config(tmp_path)
    assert run(command, tmp_path) == (code, told)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("| true", ""),
        ("> /dev/full", "warning: standard output cannot be written: No space left on device; continuing without it\n"),
        (">&- 2>&- <&-", ""),
    ],
)
def test_a_training_goes_on_without_output(tmp_path: Path, output: str, told: str):
    write_config(tmp_path)
    assert run(f"set -o pipefail; dltool train small.yaml --run-dir run {output}", tmp_path) == (0, told)
    assert has_ended(tmp_path / "run/metrics.jsonl")
    assert (tmp_path / "run/report.html").exists()


def test_a_disk_that_takes_nothing_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "run/x")

    write_config(tmp_path)
    monkeypatch.setattr("dltool.cli.commands.show.load", full)
    assert main(["show", str(tmp_path / "small.yaml")]) == 1
    assert capsys.readouterr().err == "error: run/x: Read-only file system\n"
