"""Store folders on disk: location, manifest, publishing and removal.

A store is a folder `data-KEY` of one file of records for each part and a manifest; it gets its name once it is whole.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dltool.caching import cache_root
from dltool.data.samples.samples import AliasTable
from dltool.data.store.reader import StoredSamples
from dltool.data.store.records import RecordLayout

FORMAT = 1
MANIFEST = "manifest.json"
_NAME = re.compile(r"data-[0-9a-f]{16}")


@dataclass(frozen=True)
class Store:
    """A whole store."""

    folder: Path
    layout: RecordLayout
    rows: Mapping[str, int]  # by part
    about: Mapping[str, Any]  # what else was kept with it

    @property
    def bytes(self) -> int:
        """Size of all records."""
        return sum(self.rows.values()) * self.layout.bytes

    def parts(self) -> dict[str, StoredSamples]:
        """Every part, open for reading; the store counts as used from now on."""
        os.utime(self.folder / MANIFEST)
        return {
            part: StoredSamples(records_of(self.folder, part), self.layout, rows, read_alias(self.folder, part))
            for part, rows in self.rows.items()
        }


def place_of(key: str) -> Path:
    """Where the store of a key is, or would be."""
    return cache_root() / f"data-{key}"


def records_of(folder: Path, part: str) -> Path:
    """The file of a part."""
    return folder / f"{part}.records"


def stores() -> list[Store]:
    """All that are whole."""
    folders = sorted(cache_root().glob("data-*"))
    found = [open_store(folder) for folder in folders if _NAME.fullmatch(folder.name)]
    return [store for store in found if store]


def open_store(folder: Path) -> Store | None:
    """The store in a folder; None where there is none, or one that was damaged or made by another version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        if manifest["format"] != FORMAT:
            return None
        store = Store(folder, RecordLayout.from_json(manifest["record"]), manifest["rows"], manifest["about"])
        sizes = {part: records_of(folder, part).stat().st_size for part in store.rows}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = all(sizes[part] == rows * store.layout.bytes for part, rows in store.rows.items())
    return store if whole else None


def read_alias(folder: Path, part: str) -> AliasTable | None:
    """The alias table of a part, if it was stored with one."""
    chances, others = _alias_files(folder, part)
    return AliasTable(np.load(chances), np.load(others)) if chances.exists() else None


def write_alias(folder: Path, part: str, alias: AliasTable) -> None:
    """Keep the alias table of a part beside its records."""
    for path, array in zip(_alias_files(folder, part), (alias.chances, alias.others), strict=True):
        with path.open("wb") as file:
            np.save(file, array)
            file.flush()
            os.fsync(file.fileno())


def _alias_files(folder: Path, part: str) -> tuple[Path, Path]:
    return folder / f"{part}.chances.npy", folder / f"{part}.others.npy"


def write_manifest(folder: Path, layout: RecordLayout, rows: Mapping[str, int], about: Mapping[str, Any]) -> None:
    """Complete a folder whose records are on the disk."""
    manifest = {"format": FORMAT, "record": layout.as_json(), "rows": dict(rows), "about": dict(about)}
    with (folder / MANIFEST).open("w") as file:
        json.dump(manifest, file)
        file.flush()
        os.fsync(file.fileno())


def publish(folder: Path, key: str) -> Store:
    """Give a completed folder its name; a whole store that another process was quicker to make is left as it is."""
    place = place_of(key)
    while (store := open_store(place)) is None:
        try:
            folder.rename(place)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            _set_aside(place, folder)
        root = os.open(place.parent, os.O_RDONLY)
        os.fsync(root)
        os.close(root)
    return store


def _set_aside(place: Path, folder: Path) -> None:
    """Move what has the place of a store and is none into the working folder, to be removed with it.

    What was moved may be a store that another process has published just now: that one goes back.
    """
    with suppress(FileNotFoundError):
        aside = place.rename(folder / "damaged")
        if open_store(aside) is not None:
            aside.rename(place)
