"""Event files that TensorBoard reads, written without it: scalars in protocol buffers, each in a record with checksums.

Formats: tensorflow/core/util/event.proto, summary.proto, and the records of tensorflow/core/lib/io/record_writer.h.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from dltool.config.data import PARTS
from dltool.errors import Problem, RunError
from dltool.formatting import scalar_metrics

#: how the value of a field is stored
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5


def _crc_table() -> list[int]:
    """Checksums of all bytes: CRC-32C, of Castagnoli's polynomial."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def masked_crc(data: bytes) -> int:
    """The checksum of a record: CRC-32C, rotated and shifted so that data may hold checksums itself."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def event(step: int, scalars: Mapping[str, float], *, version: str = "") -> bytes:
    """An event as a record: the scalars by tag at a step, or the version of the file."""
    content = _field(1, _DOUBLE, struct.pack("<d", time.time()))
    if step:
        content += _field(2, _VARINT, _number(step))
    if version:
        content += _text(3, version.encode())
    if scalars:
        values = (
            _text(1, tag.encode()) + _field(2, _FLOAT, struct.pack("<f", value)) for tag, value in scalars.items()
        )
        content += _text(5, b"".join(_text(1, value) for value in values))
    length = struct.pack("<Q", len(content))
    return length + struct.pack("<I", masked_crc(length)) + content + struct.pack("<I", masked_crc(content))


def _field(number: int, kind: int, value: bytes) -> bytes:
    return bytes([number << 3 | kind]) + value


def _text(number: int, value: bytes) -> bytes:
    return _field(number, _BYTES, _number(len(value)) + value)


def _number(value: int) -> bytes:
    """A whole number, seven bits in each byte."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


class EventFiles:
    """One file for each part below `folder`, so that TensorBoard draws training and validation over each other."""

    def __init__(self, folder: Path):
        """Begin anew: a resumed run writes again what it keeps of its log."""
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        for old in folder.glob("*/events.out.tfevents.*"):
            old.unlink(missing_ok=True)

    def append(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Add records of `metrics.jsonl`; raises RunError if that fails."""
        try:
            for record in records:
                if record["kind"] == "step":
                    self._add("train", record["step"], {"step/loss": record["loss"], "step/lr": record["lr"]})
                for part in PARTS:
                    measured = scalar_metrics(record.get(part, {}))
                    self._add(part, record.get("step", 0), {f"epoch/{name}": one for name, one in measured.items()})
            for file in self._files.values():
                file.flush()
        except OSError as error:
            raise RunError(Problem(f"cannot be written: {error.strerror}", str(self._folder))) from None

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()

    def _add(self, part: str, step: int, scalars: Mapping[str, float | None]) -> None:
        known = {tag: value for tag, value in scalars.items() if value is not None}
        if not known:
            return
        if part not in self._files:
            (self._folder / part).mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{os.getpid()}"
            self._files[part] = (self._folder / part / name).open("wb")
            self._files[part].write(event(0, {}, version="brain.Event:2"))
        self._files[part].write(event(step, known))
