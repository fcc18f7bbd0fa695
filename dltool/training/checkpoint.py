"""What a checkpoint holds and how it becomes the bytes of one safetensors file, and back; see `saving` for the disk.

Arrays (parameters, optimizer slots, averages, running statistics) are tensors under their own names, the trainer's
counters tensors under "trainer/…". All else is JSON in the file's metadata, with a checksum over the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from dltool import __version__
from dltool.errors import InputError, Problem

#: Raised with every change that an older dltool could misread.
VERSION = 1

_TRAINER = "trainer/"
_JSON_FIELDS = ("config", "folders", "preprocessing", "classes", "fingerprint")
_KEYS = {"format", "version", "dltool", "checksum", *_JSON_FIELDS}


@dataclass(frozen=True)
class Checkpoint:
    """All that evaluating, predicting and resuming need besides the data."""

    config: dict[str, Any]  # resolved
    folders: list[str]  # where relative data paths may start: where training was started, and the config's folder
    preprocessing: dict[str, Any]
    classes: list[str] | None
    fingerprint: str  # of the data trained on
    arrays: dict[str, np.ndarray]  # as the engine reads and writes them
    trainer: dict[str, np.ndarray]  # counters and accumulators


def encode(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as the bytes of a safetensors file."""
    tensors = dict(checkpoint.arrays)
    tensors |= {_TRAINER + name: np.asarray(array) for name, array in checkpoint.trainer.items()}
    tensors = {name: np.ascontiguousarray(array).reshape(array.shape) for name, array in tensors.items()}
    metadata = {name: json.dumps(getattr(checkpoint, name)) for name in _JSON_FIELDS}
    metadata |= {"format": "dltool", "version": str(VERSION), "dltool": __version__}
    metadata["checksum"] = _checksum(tensors, metadata)
    return save(tensors, metadata)


def decode(path: Path) -> Checkpoint:
    """The checkpoint in a file, verified whole; raises `InputError` with one line for whatever is wrong with it."""
    tensors, metadata = read_tensors(path)
    if metadata.get("format") != "dltool":
        raise _unusable(
            path,
            "a safetensors file, but not a checkpoint of dltool; its parameters can start a training: "
            f"dltool train CONFIG --init-from {path}",
        )
    version = metadata.get("version", "")
    if version.isdecimal() and int(version) > VERSION:
        raise _unusable(
            path,
            f"written by dltool {metadata.get('dltool', '?')} in checkpoint format {version}; this dltool "
            f"({__version__}) reads up to format {VERSION}: install a newer one",
        )
    if metadata.keys() != _KEYS or metadata["checksum"] != _checksum(tensors, metadata):
        raise _unusable(path, "damaged: the checksum does not fit the content")
    return Checkpoint(
        **{name: json.loads(metadata[name]) for name in _JSON_FIELDS},
        arrays={name: array for name, array in tensors.items() if not name.startswith(_TRAINER)},
        trainer=section(tensors, _TRAINER),
    )


def read_tensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors and the metadata of any safetensors file."""
    start = b""
    try:
        with path.open("rb") as file:
            start = file.read(9)
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror or error}") from None
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        what = "damaged or cut short" if start[8:9] == b"{" else "not a safetensors file"
        raise _unusable(path, f"{what} ({error})") from None


def section(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names start with `prefix`, under the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _unusable(path: Path, message: str) -> InputError:
    return InputError(Problem(message, where=str(path)))


def _checksum(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256 over names, types, shapes and bytes of all tensors and over the metadata, itself excepted."""
    digest = hashlib.sha256()
    for name, text in sorted(metadata.items()):
        if name != "checksum":
            digest.update(json.dumps([name, text]).encode())
    for name, array in sorted(tensors.items()):
        digest.update(json.dumps([name, str(array.dtype), array.shape]).encode())
        digest.update(array.data if array.size else b"")
    return digest.hexdigest()
