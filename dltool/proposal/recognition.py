"""What a path holds: the kind of data, and which file or folder is for which part."""

from __future__ import annotations

import gzip
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from glob import has_magic
from pathlib import Path
from tarfile import is_tarfile
from typing import Literal

from dltool.data.files.gzipped import is_gzipped
from dltool.data.files.paths import locate, locate_all
from dltool.data.images.archive import split_archive
from dltool.data.images.files import FolderFiles, ImageFiles
from dltool.data.images.formats import is_called_image
from dltool.data.images.layout import classes_of, part_of, parts
from dltool.data.sources.images import image_files
from dltool.errors import InputError, Problem
from dltool.formatting import first_few, plural
from dltool.proposal.prose import is_running_text

Kind = Literal["table", "npz", "npy", "idx", "images", "series", "text_stream"]

NAMES: Mapping[Kind, str] = {
    "table": "a table",
    "npz": "arrays (.npz)",
    "npy": "an array (.npy)",
    "idx": "IDX files",
    "images": "images in class folders",
    "series": "labeled series (.ts)",
    "text_stream": "running text",
}
SUFFIXES: Mapping[str, Kind] = {
    ".npz": "npz",
    ".npy": "npy",
    ".ts": "series",
    ".zip": "images",
    **dict.fromkeys((".csv", ".tsv", ".tab", ".data", ".json", ".jsonl", ".ndjson", ".parquet", ".pq"), "table"),
    **dict.fromkeys((".xlsx", ".xlsm"), "table"),
}
#: the ending of texts
TEXT = ".txt"
#: first bytes of archives other than zip: 7z, RAR
ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
#: entries of a folder that a message lists
LISTED = 8


@dataclass(frozen=True)
class Found:
    """One kind of data, and the paths of its parts, including "train"; for IDX files, of images and of labels."""

    kind: Kind
    parts: Mapping[str, tuple[str, ...]]
    notes: Sequence[str] = ()


def recognize(path: str, test: str | None = None) -> Found:
    """The data at `path`, and at `test` for the test part; raises InputError if it cannot be trained on."""
    found = _at(path)
    if test is None:
        return found
    other = _at(test)
    if other.kind != found.kind:
        raise InputError(Problem(f"holds {NAMES[other.kind]}, but '{path}' {NAMES[found.kind]}", test))
    return Found(found.kind, {**found.parts, "test": other.parts["train"]}, found.notes)


def _at(path: str) -> Found:
    there = Path(path).expanduser()
    if there.is_dir():
        return _folder(there, path)
    if has_magic(path) and not there.exists():
        kind = _kind(locate_all(path, [], "")[0])
        if kind not in ("table", "text_stream"):
            raise InputError(Problem(f"several files can only be tables or texts, these hold {NAMES[kind]}", path))
        return Found(kind, {"train": (path,)})
    outside, inside = split_archive(path)
    _refuse_other_archives(locate(outside, [], ""), path)
    kind = _kind(locate(outside, [], ""))
    if kind == "table" and not _data_suffix(Path(outside)) and is_called_image(outside):
        raise InputError(Problem("is a single image; name a folder that holds one folder for each class", path))
    if kind == "images":
        return _images(image_files(Path(outside).expanduser(), inside), path)
    return Found(kind, {"train": _with_labels(there) if kind == "idx" else (path,)})


def _refuse_other_archives(file: Path, path: str) -> None:
    """Raises InputError for archives that are not supported."""
    with file.open("rb") as stream:
        start = stream.read(8)
    if is_tarfile(file) or start.startswith(ARCHIVES):
        raise InputError(Problem("archives other than zip are not supported; unpack it and name the folder", path))


def _kind(file: Path) -> Kind:
    """The kind of data in a file, by its first bytes, else by its name; text or a table if neither is known."""
    if _idx_axes(file):
        return "idx"
    name = file.with_suffix("") if file.suffix == ".gz" else file
    known = SUFFIXES.get(name.suffix.lower())
    return known or ("text_stream" if is_running_text(file) else "table")


def _folder(folder: Path, path: str) -> Found:
    """The data in a folder, divided into parts by file names."""
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    files = [entry for entry in entries if entry.is_file()]
    known = [file for file in files if _data_suffix(file)]
    images = FolderFiles(folder)
    classes = {*classes_of(images.names)}
    if len(classes) > 1 or (classes - {""} and not known):
        return _images(images, path)
    if idx := [file for file in files if _idx_axes(file) > 1]:
        parts = {(part_of(file.name) or "train"): _with_labels(file) for file in idx}
        return Found("idx", _with_train(parts, path))
    kinds: set[Kind] = {_kind(file) for file in known}
    if len(kinds) == 1:
        found = _divided(kinds.pop(), known, path)
        return replace(found, notes=_left_out(images, known)) if images.names else found
    texts = [file for file in files if file.suffix.lower() == TEXT]
    if texts and all(map(is_running_text, texts)) and not images.names:
        return Found("text_stream", {"train": (f"{path.rstrip('/')}/*{TEXT}",)})
    if images.names:
        message = "its images are not in class folders; put the images of each class in a folder"
        raise InputError(Problem(message, path))
    what = f"it holds {first_few([entry.name for entry in entries], LISTED)}" if entries else "it is empty"
    raise InputError(Problem(f"no known data in this folder: {what}; name a file", path))


def _left_out(images: ImageFiles, known: Sequence[Path]) -> list[str]:
    """A note on images beside a table, which may hold their classes."""
    others = " and ".join(file.name for file in known)
    advice = "images need a folder for each class; if the table holds their classes, move them into such folders"
    return [f"{images.where}: left out {plural(len(images.names), 'image')} beside {others}; {advice}"]


def _images(files: ImageFiles, path: str) -> Found:
    """Class folders, or folders of several parts with class folders in them."""
    found = parts(files.names)
    if found is None:
        return Found("images", {"train": (path,)})
    base = path.rstrip("/")
    notes = [
        f"{base}/{folder}: left out, as its images are not in folders named like the training classes; to predict"
        f" them: dltool predict RUN {shlex.quote(f'{base}/{folder}')}"
        for folder in found.unlabeled
    ]
    notes += [f"{base}/{folder}: left out, as its name is not that of a part, such as test" for folder in found.others]
    return Found("images", {part: (f"{base}/{folder}",) for part, folder in found.folders.items()}, notes)


def _divided(kind: Kind, entries: Sequence[Path], path: str) -> Found:
    """Entries of a folder as parts; where names do not tell them, there may be only one."""
    if len(entries) == 1:
        return Found(kind, {"train": (str(entries[0]),)})
    parts: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        part = part_of(entry.name)
        if part and part in parts:
            raise InputError(
                Problem(f"'{Path(*parts[part]).name}' and '{entry.name}' are both for {part}; name one", path)
            )
        if part:
            parts[part] = (str(entry),)
    return Found(kind, _with_train(parts, path, entries))


def _with_train(
    parts: Mapping[str, tuple[str, ...]], path: str, entries: Iterable[Path] = ()
) -> Mapping[str, tuple[str, ...]]:
    if "train" in parts:
        return parts
    names = ", ".join(entry.name for entry in entries) or ", ".join(Path(files[0]).name for files in parts.values())
    raise InputError(Problem(f"which of these is to train on? {names}; name it, and the other with --test", path))


def _data_suffix(file: Path) -> bool:
    name = file.with_suffix("") if file.suffix == ".gz" else file
    return name.suffix.lower() in SUFFIXES


def _with_labels(images: Path) -> tuple[str, ...]:
    """IDX images and, beside them, the labels whose name differs in no more than the word and the number of axes."""
    axes = _idx_axes(images)
    if axes == 1:
        raise InputError(Problem("these are labels; name the file of the images", str(images)))
    wanted = re.sub(r"images?", "", images.name).replace(f"idx{axes}", "idx")
    for other in sorted(images.parent.iterdir()):
        name = re.sub(r"labels?", "", other.name).replace("idx1", "idx")
        if other != images and name == wanted and _idx_axes(other) == 1:
            return str(images), str(other)
    hint = images.name.replace("images", "labels").replace(f"idx{axes}", "idx1")
    raise InputError(Problem(f"the labels of these images are missing beside them, such as '{hint}'", str(images)))


def _idx_axes(file: Path) -> int:
    """The number of axes of an IDX file; 0 for any other."""
    if not file.is_file():
        return 0
    try:
        with gzip.open(file) if is_gzipped(file) else file.open("rb") as stream:
            start = stream.read(4)
    except (OSError, EOFError):
        return 0
    known = len(start) == 4 and start[:2] == b"\0\0" and start[2] in (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)
    return start[3] if known else 0
