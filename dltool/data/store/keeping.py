"""The store of one config's data: found again as long as its files and whatever prepares them are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import dltool.data
from dltool.config.experiment import DataConfig
from dltool.data.signature import Part
from dltool.data.store.folder import Store, open_store, place_of, stores
from dltool.data.store.records import RecordLayout
from dltool.data.store.writer import writing
from dltool.errors import InputError, Problem

#: told what goes on, and which share of it is done if that is known
Watch = Callable[[str, float | None], None]

_READ_BYTES = 4 << 20


def unwatched(what: str, share: float | None) -> None:
    """For those who do not want to be told."""


class Keeping:
    """Looks for the store of some data, and makes it."""

    def __init__(
        self,
        data: DataConfig,
        list_files: Callable[[], Sequence[Path]],
        preprocessing: Mapping[str, Any] | None,
        watch: Watch,
    ):
        """`preprocessing` is what the data must be prepared by, where a training has settled it."""
        self._data, self._list_files, self._preprocessing, self._watch = data, list_files, preprocessing, watch

    def find(self) -> Store | None:
        """The store, if there is one; files are read only where one may be theirs."""
        for store in stores():
            if store.about["sizes"] == self._sizes and self._suits(store.about):
                key = self._key(store.about["description"])
                if store.folder == place_of(key):
                    return open_store(store.folder)
        return None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self._sizes)

    def make(
        self,
        layout: RecordLayout,
        rows: Mapping[str, int],
        pieces: Iterable[tuple[str, Part]],
        about: Callable[[], Mapping[str, Any]],
    ) -> Store:
        """Write all pieces of all parts; `about` is asked, at the end, what else to keep."""
        settled = self._preprocessing if self._preprocessing is None else _plain(self._preprocessing)
        description = self._described(settled)
        key, before = self._key(description), self._states()
        total, done = sum(rows.values()), 0
        what = f"preparing {total:,} rows"
        with writing(key, layout, rows) as writer:
            for part, samples in pieces:
                self._watch(what, done / total)
                writer.append(part, samples)
                done += len(samples)
            if changed := [path for path, state in self._states().items() if state != before[path]]:
                raise InputError(Problem("was changed while it was read; start again", where=str(changed[0])))
            return writer.finish({**about(), "description": description, "sizes": self._sizes})

    def _suits(self, about: Mapping[str, Any]) -> bool:
        """Whether a store was made from a like config, and prepared as it must be."""
        if self._preprocessing is None:
            return about["description"] == self._described(None)
        settled = _plain(self._preprocessing)
        alike = about["description"] in (self._described(None), self._described(settled))
        return alike and about["preprocessing"] == settled

    def _described(self, preprocessing: Any) -> str:
        """A digest of all that samples follow from, but for the content of files."""
        config = self._data.model_dump(exclude={"memory"})
        return _digest(json.dumps([config, preprocessing], sort_keys=True, default=str).encode(), *_sources())

    def _key(self, description: str) -> str:
        return _digest(description.encode(), self._content.encode())[:16]

    @cached_property
    def _files(self) -> Sequence[Path]:
        return self._list_files()

    @cached_property
    def _sizes(self) -> list[int]:
        return [path.stat().st_size for path in self._files]

    def _states(self) -> dict[Path, tuple[int, int]]:
        """What changes with a file."""
        found = {path: path.stat() for path in self._files}
        return {path: (state.st_size, state.st_mtime_ns) for path, state in found.items()}

    @cached_property
    def _content(self) -> str:
        """A digest of all bytes of all files."""
        digest, total, done = hashlib.sha256(), max(1, sum(self._sizes)), 0
        block = memoryview(bytearray(_READ_BYTES))
        for path, size in zip(self._files, self._sizes, strict=True):
            digest.update(size.to_bytes(8, "little"))
            with path.open("rb", buffering=0) as file:
                while count := file.readinto(block):
                    digest.update(block[:count])
                    done += count
                    self._watch(f"comparing {path.name} with what was prepared before", done / total)
        return digest.hexdigest()


def _sources() -> list[bytes]:
    """The text of all that prepares data, in a fixed order: a store of another version is of no use."""
    return [path.read_bytes() for path in sorted(Path(dltool.data.__path__[0]).rglob("*.py"))]


def _plain(data: Mapping[str, Any]) -> Any:
    """The same as JSON gives it back."""
    return json.loads(json.dumps(data))


def _digest(*contents: bytes) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()
