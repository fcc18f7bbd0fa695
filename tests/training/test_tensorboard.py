"""Event files: the bytes that TensorBoard's own writer gives, and all that metrics.jsonl says."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from dltool.errors import RunError
from dltool.training import tensorboard
from dltool.training.saving import load
from dltool.training.tensorboard import EventFiles, event, masked_crc
from tests.training.runs import RunDirectory, lines, open_run, train

#: records of tensorboard 2.20's RecordWriter, with a wall time of 1.5 s
WRITTEN = {
    (0, "brain.Event:2"): "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c",
    (70000, "epoch/loss 0.25 epoch/accuracy 0.75"): (
        "39000000000000008b0737f109000000000000f83f10f0a2042a2a0a110a0a65706f63682f6c6f7373150000803e0a150a0e65706f63682f61"
        "63637572616379150000403f97584569"
    ),
    (1, f"{'x' * 200} 0"): (
        "e10000000000000003b7489109000000000000f83f10012ad3010ad0010ac801" + "78" * 200 + "150000000010ffe0bb"
    ),
}


@pytest.mark.parametrize(("step", "content"), WRITTEN)
def test_records_are_those_of_tensorboard(monkeypatch: pytest.MonkeyPatch, step: int, content: str):
    monkeypatch.setattr(tensorboard.time, "time", lambda: 1.5)
    words = content.split()
    scalars = {} if len(words) == 1 else dict(zip(words[::2], map(float, words[1::2]), strict=True))
    assert event(step, scalars, version="" if scalars else content).hex() == WRITTEN[step, content]


def test_the_checksum_is_that_of_rfc_3720():
    assert masked_crc(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF


def scalars(run: RunDirectory, part: str) -> list[tuple[int, str, float]]:
    """The scalars in the only event file of a part: step, tag, value."""
    (path,) = (run.tensorboard / part).iterdir()
    found = []
    with path.open("rb") as file:
        while header := file.read(12):
            (length,) = struct.unpack("<Q", header[:8])
            content = file.read(length)
            assert struct.unpack("<I", file.read(4)) == (masked_crc(content),)
            fields = dict(_fields(content))
            for value in (one for number, one in _fields(fields.get(5, b"")) if number == 1):
                tag, number = (one for _, one in _fields(value))
                found.append((fields.get(2, 0), tag.decode(), number))
    return found


def _fields(content: bytes) -> list[tuple[int, Any]]:
    found, place = [], 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = content[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(content):
        key = number()
        kind = key & 7
        size = {0: 0, 1: 8, 5: 4}.get(kind)
        if kind == 0:
            value: Any = number()
        else:
            size = number() if size is None else size
            value = content[place : place + size]
            place += size
            value = struct.unpack({1: "<d", 5: "<f"}[kind], value)[0] if kind in (1, 5) else value
        found.append((key >> 3, value))
    return found


def _logged(run: RunDirectory, part: str) -> list[tuple[int, str, float]]:
    """What metrics.jsonl says about a part."""
    found = []
    for line in lines(run):
        if line["kind"] == "step" and part == "train":
            found += [(line["step"], "step/loss", line["loss"]), (line["step"], "step/lr", line["lr"])]
        found += [(line["step"], f"epoch/{name}", value) for name, value in line.get(part, {}).items()]
    return [(step, tag, pytest.approx(value, rel=1e-6)) for step, tag, value in found]


def test_event_files_say_what_the_log_says_also_after_resuming(tmp_path: Path):
    job, run = open_run(tmp_path, overrides=["train.log=[tensorboard]"])
    assert train(job, run, stop_at=11).reason == "signal"
    job, _ = open_run(tmp_path, overrides=["train.log=[tensorboard]"])
    train(job, run, checkpoint=load(run.last, print))
    for part in ("train", "validation", "test"):
        assert scalars(run, part) == _logged(run, part)
    assert len(scalars(run, "validation")) == 6


def test_without_the_setting_nothing_is_written(tmp_path: Path):
    job, run = open_run(tmp_path)
    train(job, run)
    assert not run.tensorboard.exists()


def test_a_full_disk_is_said(tmp_path: Path):
    files = EventFiles(tmp_path)
    record = {"kind": "epoch", "step": 3, "validation": {"loss": 1.0, "auc": None, "confusion_matrix": [[1]]}}
    files.append([record])

    class Full:
        def write(self, data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    file: BinaryIO = Full()  # type: ignore[assignment]
    files._files["validation"].close()
    files._files["validation"] = file
    with pytest.raises(RunError, match="cannot be written: No space left on device"):
        files.append([record])
