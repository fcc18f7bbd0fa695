"""The store of a config's data, valid as long as files, settings and code are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import dltool.data
from dltool.config.data import DataConfig
from dltool.config.experiment import Sampling
from dltool.data.samples.samples import AliasTable, Samples
from dltool.data.store.folder import Store, place_of, stores
from dltool.data.store.origin import Origin, Watch
from dltool.data.store.records import RecordLayout
from dltool.data.store.writer import writing


def unwatched(what: str, share: float | None) -> None:
    """Ignores progress."""


class Keeping:
    """Finds or creates the store of some data."""

    def __init__(
        self,
        data: DataConfig,
        list_files: Callable[[], Sequence[Path]],
        *,
        preprocessing: Mapping[str, Any] | None = None,
        sampling: str | Sampling | None = None,
        watch: Watch = unwatched,
    ):
        """`preprocessing` is what the data must be prepared by, where a training has fitted it."""
        self._data, self._watch, self.origin = data, watch, Origin(list_files, watch)
        self._preprocessing = None if preprocessing is None else _plain(preprocessing)
        self._sampling = sampling.model_dump() if isinstance(sampling, Sampling) else sampling

    def find(self) -> Store | None:
        """The store, if there is one; files are read only if a store fits but the files have new timestamps."""
        for store in stores():
            about = store.about
            sizes = [[size for size, *_ in states] for states in (about["states"], self.origin.states)]
            if sizes[0] == sizes[1] and self._suits(about):
                untouched = about["stable"] and about["states"] == self.origin.states
                content = about["content"] if untouched else self.origin.content
                if store.folder == place_of(_key(about["description"], about["sampling"], content)):
                    return store
        return None

    def make(
        self,
        layout: RecordLayout,
        rows: Mapping[str, int],
        pieces: Iterable[tuple[str, Samples]],
        about: Callable[[], Mapping[str, Any]],
        aliases: Mapping[str, AliasTable],
    ) -> Store:
        """Write all pieces of all parts, and alias tables; `about` gives other data to keep once all are written."""
        description, content = self._described(self._preprocessing), self.origin.content
        key = _key(description, self._sampling, content)
        total, done = sum(rows.values()), 0
        what = f"preparing {total:,} rows"
        with writing(key, layout, rows) as writer:
            for part, samples in pieces:
                self._watch(what, done / total)
                writer.append(part, samples)
                done += len(samples)
            self.origin.require_unchanged()
            where = {"states": self.origin.states, "stable": self.origin.stable, "content": content}
            whole = {**about(), **where, "description": description, "sampling": self._sampling}
            return writer.finish(whole, aliases)

    def _suits(self, about: Mapping[str, Any]) -> bool:
        """Whether a store was made from an equivalent config and holds everything needed."""
        if self._sampling not in (None, about["sampling"]):
            return False
        if self._preprocessing is None:
            return about["description"] == self._described(None)
        alike = about["description"] in (self._described(None), self._described(self._preprocessing))
        return alike and about["preprocessing"] == self._preprocessing

    def _described(self, preprocessing: Any) -> str:
        """A digest of everything that determines the samples, except the content of files."""
        config = self._data.model_dump(exclude={"memory"})
        return _digest(json.dumps([config, preprocessing], sort_keys=True, default=str).encode(), *_sources())


def _key(description: str, sampling: Any, content: str) -> str:
    return _digest(description.encode(), json.dumps(sampling).encode(), content.encode())[:16]


@cache
def _sources() -> list[bytes]:
    """The source code that prepares data, in a fixed order: stores of other versions are not valid."""
    return [path.read_bytes() for path in sorted(Path(dltool.data.__path__[0]).rglob("*.py"))]


def _plain(data: Mapping[str, Any]) -> Any:
    """The same as JSON gives it back."""
    return json.loads(json.dumps(data))


def _digest(*contents: bytes) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()
