"""The content of a checkpoint, and its encoding as one safetensors file; `saving` writes it to disk safely.

Arrays (parameters, optimizer slots, averages, running statistics) are tensors under their own names, the trainer's
counters are tensors under "trainer/…". Everything else is JSON in the file's metadata, with a checksum over the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from safetensors import SafetensorError, safe_open

from dltool import __version__
from dltool.config.columns import clean_name
from dltool.data.files.paths import did_you_mean_path
from dltool.errors import InputError, Problem
from dltool.formatting import quoted

#: increased with every change that an older dltool could misread
VERSION = 1

_TRAINER = "trainer/"
_JSON_FIELDS = ("config", "folders", "preprocessing", "classes", "fingerprint")
_DTYPES = {"<f4": "F32", "<f8": "F64", "<i8": "I64", "<i4": "I32", "|u1": "U8", "|b1": "BOOL"}
_KEYS = {"format", "version", "dltool", "checksum", *_JSON_FIELDS}


@dataclass(frozen=True)
class Checkpoint:
    """Everything that evaluating, predicting and resuming need besides the data."""

    config: dict[str, Any]  # resolved
    folders: list[
        str
    ]  # base folders of relative data paths: the config's folder, and the working directory of training
    preprocessing: dict[str, Any]
    classes: list[str] | None
    fingerprint: str  # of the training data
    arrays: Mapping[str, np.ndarray]  # views of the engine's arrays, which training may still change
    trainer: dict[str, np.ndarray]  # counters and accumulators

    def frozen(self) -> Checkpoint:
        """A checkpoint with copies of the arrays, to be written later."""
        return replace(self, arrays=dict(self.arrays))


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write the checkpoint as a safetensors file, one array at a time to avoid a second copy in memory."""
    trainer = {_TRAINER + name: np.asarray(array) for name, array in checkpoint.trainer.items()}
    tensors = ChainMap(trainer, cast(Any, checkpoint.arrays))
    metadata = {name: json.dumps(getattr(checkpoint, name)) for name in _JSON_FIELDS}
    metadata |= {"format": "dltool", "version": str(VERSION), "dltool": __version__}
    metadata["checksum"] = _checksum(tensors, metadata)
    header: dict[str, Any] = {"__metadata__": metadata}
    end = 0
    for name in sorted(tensors):
        array = tensors[name]
        start, end = end, end + array.nbytes
        header[name] = {"dtype": _DTYPES[array.dtype.str], "shape": array.shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in sorted(tensors):
        file.write(np.ascontiguousarray(tensors[name]).data)


def decode(path: Path) -> Checkpoint:
    """Read a checkpoint and verify its checksum; raises `InputError` if it is damaged or not a checkpoint."""
    tensors, metadata = read_tensors(path)
    _verify(path, tensors, metadata)
    return Checkpoint(
        **{name: json.loads(metadata[name]) for name in _JSON_FIELDS},
        # those of an embedded column have its name, which has line breaks in older checkpoints
        arrays={clean_name(name): array for name, array in tensors.items() if not name.startswith(_TRAINER)},
        trainer=section(tensors, _TRAINER),
    )


def verify(path: Path) -> None:
    """Verify a checkpoint on disk, one array at a time; raises `InputError` if it is damaged."""
    with _opened(path) as file:
        _verify(path, _Tensors(file), file.metadata() or {})


def _verify(path: Path, tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    if metadata.get("format") != "dltool":
        raise _unusable(
            path,
            "a safetensors file, but not a dltool checkpoint; to turn it into one: "
            f"dltool import {quoted(path)} -o FOLDER; to start a training from its parameters: "
            f"dltool train CONFIG --init-from {quoted(path)}",
        )
    version = metadata.get("version", "")
    if version.isdecimal() and int(version) > VERSION:
        raise _unusable(
            path,
            f"written by dltool {metadata.get('dltool', '?')} in checkpoint format {version}; this dltool "
            f"({__version__}) reads up to format {VERSION}: install a newer version",
        )
    if metadata.keys() != _KEYS or metadata["checksum"] != _checksum(tensors, metadata):
        raise _unusable(path, "damaged: the checksum does not match the content")


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors and the metadata of any safetensors file."""
    with _opened(path) as file:
        return dict(_Tensors(file)), file.metadata() or {}


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a safetensors file; read errors become an `InputError`."""
    start = b""
    try:
        with path.open("rb") as file:
            start = file.read(9)
        with safe_open(path, framework="numpy") as file:
            yield file
    except FileNotFoundError:
        raise _unusable(path, f"no such checkpoint or run{did_you_mean_path(path)}") from None
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror or error}") from None
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        what = "damaged or cut short" if start[8:9] == b"{" else "not a safetensors file"
        raise _unusable(path, f"{what} ({error})") from None


class _Tensors(Mapping[str, np.ndarray]):
    """The arrays of an open file, read one at a time."""

    def __init__(self, file: Any):
        self._file = file

    def __getitem__(self, name: str) -> np.ndarray:
        return self._file.get_tensor(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.keys())

    def __len__(self) -> int:
        return len(self._file.keys())


def section(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names start with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _unusable(path: Path, message: str) -> InputError:
    return InputError(Problem(message, where=str(path)))


def _checksum(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256 over names, types, shapes and bytes of all tensors and over the metadata, without the checksum itself."""
    digest = hashlib.sha256()
    for name, text in sorted(metadata.items()):
        if name != "checksum":
            digest.update(json.dumps([name, text]).encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
