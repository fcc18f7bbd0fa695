"""The files of a config: the fields that name them, and notes where a name could mean two files."""

from __future__ import annotations

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import NamedTuple

from dltool.config.data import PARTS, DataConfig
from dltool.data.files.paths import candidates
from dltool.data.sources.source import Source


class PathField(NamedTuple):
    """A field of a source that names a file or a folder."""

    part: str  # of the source
    field: str
    key: str  # in the config, such as data.table.path
    name: str
    place: int | None = None  # in a list of names


def sources(data: DataConfig) -> dict[str, Source]:
    """Every source, by its part; "train" is the main one."""
    own = {part: getattr(data, part) for part in PARTS[1:] if getattr(data, part)}
    return {"train": data.source, **own}


def place(part: str, source: Source) -> str:
    """The path in the config of a part's source."""
    return f"data.{source.yaml_name}" if part == "train" else f"data.{part}.{source.yaml_name}"


def path_fields(data: DataConfig) -> list[PathField]:
    """All fields that name a file or a folder."""
    found = []
    for part, source in sources(data).items():
        for field in source.path_fields:
            name, key = getattr(source, field), f"{place(part, source)}.{field}"
            if isinstance(name, list):
                found += [PathField(part, field, f"{key}[{index}]", one, index) for index, one in enumerate(name)]
            elif name:
                found.append(PathField(part, field, key, name))
    return found


def with_names(data: DataConfig, names: Mapping[PathField, str]) -> DataConfig:
    """The same data with new names in some fields."""
    changed = sources(data)
    for one, name in names.items():
        value: str | list[str] = name
        if one.place is not None:
            value = [*getattr(changed[one.part], one.field)]
            value[one.place] = name
        changed[one.part] = changed[one.part].model_copy(update={one.field: value})
    return data.model_copy(update={("source" if part == "train" else part): one for part, one in changed.items()})


def as_typed(data: DataConfig, overrides: Sequence[str]) -> DataConfig:
    """The data with paths typed on the command line taken relative to the working directory."""
    typed = {change.partition("=")[2].strip().strip("\"'") for change in overrides}
    here = {one: Path(one.name).expanduser() for one in path_fields(data) if one.name in typed}
    return with_names(data, {one: str(path.resolve()) for one, path in here.items() if _files(path)})


def notes_on_files(data: DataConfig, folders: Sequence[Path]) -> Iterator[str]:
    """A note on each name that matches several files, or a file outside the usual folders."""
    for _, _, key, name, _ in path_fields(data):
        near, above = candidates(name, folders)
        there = [path for path in near if _files(path)]
        others = [path for path in there[1:] if not _same(there[0], path)]
        if others:
            yield f"{key}: taken from '{there[0]}', not from '{others[0]}', which differs"
        if not there and (found := next((path for path in above if _files(path)), None)):
            yield f"{key}: taken from '{found}', in a folder above the config's"


def _files(path: Path) -> list[Path]:
    """The file or folder at a path, or all that match its wildcards."""
    return [path] if path.exists() else [Path(found) for found in sorted(glob(str(path)))]


def _same(one: Path, other: Path) -> bool:
    """Whether two paths hold the same files: the same content, or for folders the same names and sizes."""
    ours, theirs = _files(one), _files(other)
    return len(ours) == len(theirs) and all(map(_alike, ours, theirs))


def _alike(one: Path, other: Path) -> bool:
    if one.samefile(other):
        return True
    if one.is_dir() or other.is_dir():
        return one.is_dir() and other.is_dir() and _listing(one) == _listing(other)
    return one.stat().st_size == other.stat().st_size and filecmp.cmp(one, other, shallow=False)


def _listing(folder: Path) -> set[tuple[str, int]]:
    return {(str(path.relative_to(folder)), path.stat().st_size) for path in folder.rglob("*") if path.is_file()}
