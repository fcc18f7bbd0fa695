"""Which arrays of a NumPy archive, or which neighboring files, hold features and which hold targets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dltool.data.images.layout import PART_WORDS
from dltool.errors import InputError, Problem

FEATURES = ("x", "features", "data", "images", "inputs", "samples")
TARGETS = ("y", "targets", "target", "labels", "label", "classes", "class")


def npz_fields(path: str) -> dict[str, dict[str, Any]]:
    """Fields of an `npz` source for each part, from the names in an archive: x_train, y_train, x_test, …"""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
    except zipfile.BadZipFile:
        raise InputError(Problem("not an .npz archive, or damaged", path)) from None
    found = _roles(names)
    if "train" not in found or any(len(roles) < 2 for roles in found.values()):
        raise InputError(Problem(_unclear(names), path))
    return {
        part: {"path": path, "features": roles["features"], "targets": roles["targets"]}
        for part, roles in found.items()
    }


def npy_fields(path: str) -> dict[str, Any]:
    """Fields of an `npy` source; the targets are in the same folder under a matching name."""
    file = Path(path)
    words = re.split(r"([^A-Za-z0-9])", file.stem)
    for i, word in enumerate(words):
        if word.lower() in FEATURES:
            for other in TARGETS:
                beside = file.with_name("".join([*words[:i], _cased(other, word), *words[i + 1 :]]) + file.suffix)
                if beside.is_file():
                    return {"path": path, "targets": str(beside)}
    hint = "such as x.npy and y.npy; otherwise write the config by hand: data: {npy: {path: …, targets: …}}"
    raise InputError(Problem(f"no file of targets with a matching name in the same folder, {hint}", path))


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() and len(word) == 1 else word


def _roles(names: Sequence[str]) -> Mapping[str, dict[str, str]]:
    """The arrays of features and targets by part, found by their names."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
        part = next((PART_WORDS[word] for word in words if word in PART_WORDS), "train")
        role = "features" if {*words} & {*FEATURES} else "targets" if {*words} & {*TARGETS} else None
        if role:
            found.setdefault(part, {}).setdefault(role, name)
    return found


def _unclear(names: Sequence[str]) -> str:
    listed = ", ".join(names)
    hint = "write the config by hand: data: {npz: {path: …, features: …, targets: …}}"
    return f"which of its arrays ({listed}) are features and targets is not clear from their names; {hint}"
