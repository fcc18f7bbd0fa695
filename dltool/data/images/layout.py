"""Classes and parts of images, from the names of their folders."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple

from dltool.data.images.files import ImageFiles, named
from dltool.errors import InputError, Problem, printable

#: words in the names of files and folders that stand for a part
PART_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "t10k", "holdout"), "test"),
}

Level = Literal["top", "innermost"]


def part_of(name: str) -> str | None:
    """The part that a name contains, such as "train" in "GunPoint_TRAIN.ts"."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return next((PART_WORDS[word] for word in words if word in PART_WORDS), None)


def wrapping(names: Sequence[str]) -> str:
    """The folders around all class folders, empty or with '/' at the end.

    That is `pets/` of `pets/cat/1.png` and `pets/dog/2.png`. A single folder that holds nothing but images is a class.
    """
    around = ""
    while names:
        inside = [name.removeprefix(around) for name in names]
        tops = {name.partition("/")[0] for name in inside}
        if len(tops) > 1 or not any(name.count("/") > 1 for name in inside):
            return around
        around = f"{around}{tops.pop()}/"
    return around


class Parts(NamedTuple):
    """The parts that top folders are for."""

    folders: Mapping[str, str]  # by part: "train" → "pets/train"
    unlabeled: Sequence[str]  # folders of a part whose images have no class of the training
    others: Sequence[str]  # folders that belong to no part


def parts(names: Sequence[str]) -> Parts | None:
    """The parts that folders are for, such as train and test; None where folders are classes.

    Folders are parts if one is for training and contains folders, and another one is for another part.
    """
    around = wrapping(names)
    below: dict[str, list[str]] = {}
    for name in names:
        top, _, rest = name.removeprefix(around).partition("/")
        if rest:
            below.setdefault(top, []).append(rest)
    found: dict[str, str] = {}
    for top in sorted(below):
        part = part_of(top.rstrip("0123456789"))  # of "train2017"
        if part and part in found:
            raise InputError(
                Problem(f"'{printable(found[part])}' and '{printable(top)}' are both for {part}; name one")
            )
        if part:
            found[part] = top
    found = dict(sorted(found.items(), key=lambda one: list(PART_WORDS.values()).index(one[0])))
    if len(found) < 2 or "train" not in found or not all("/" in rest for rest in below[found["train"]]):
        return None
    classes = set(classes_of(below[found["train"]]))
    unlabeled = [top for top in found.values() if not set(_classes_or_none(below[top])) <= classes]
    return Parts(
        {part: f"{around}{top}" for part, top in found.items() if top not in unlabeled},
        [f"{around}{top}" for top in unlabeled],
        [f"{around}{top}" for top in below if top not in found.values()],
    )


def require_one_part(files: ImageFiles) -> None:
    """Raises InputError if folders are parts, which a config must name one by one."""
    if found := parts(files.names):
        train, *others = found.folders.items()
        sources = ", ".join(
            [
                f"images: {files.where}/{train[1]}",
                *(f"{part}: {{images: {files.where}/{folder}}}" for part, folder in others),
            ]
        )
        raise InputError(Problem(f"its folders are parts, not classes; name them: {sources}", files.where))


def classes_of(names: Sequence[str], level: Level = "top") -> list[str]:
    """The class of each image: the top folder below the common ones, or the innermost; "" without a folder."""
    around = wrapping(names)
    folders = [name.removeprefix(around).split("/")[:-1] for name in names]
    return [class_name(inside[0 if level == "top" else -1]) if inside else "" for inside in folders]


def known_classes_of(paths: Sequence[str], names: Sequence[str], known: Collection[str], level: Level) -> list[str]:
    """The class of each image among the `known` ones, or the result of `classes_of` if no folder matches.

    Folders are searched from the top down to the file, or from the file up, and then outwards along the path.
    """
    found = []
    for path, name, otherwise in zip(paths, names, classes_of(names, level), strict=True):
        inside = name.split("/")[:-1]
        outside = path.removesuffix(name).split("/")[::-1]
        folders = [class_name(folder) for folder in (*(inside if level == "top" else inside[::-1]), *outside)]
        found.append(next((folder for folder in folders if folder in known), otherwise))
    return found


def class_name(folder: str) -> str:
    """The class that a folder stands for: composed accents, and bytes that are not UTF-8 as `\\xff`."""
    return printable(unicodedata.normalize("NFC", folder))


def empty_classes(files: ImageFiles) -> str | None:
    """A note on class folders without an image."""
    around = wrapping(files.names)
    tops = {folder.removeprefix(around) for folder in files.folders if folder.startswith(around)}
    filled = {name.removeprefix(around).partition("/")[0] for name in files.names}
    empty = sorted(top for top in tops if top and "/" not in top and top not in filled)
    return f"{files.where}: no image in {named(empty)}, so it is not a class" if empty else None


def passed_over(files: ImageFiles, level: Level) -> str | None:
    """A note on folders between classes and images, where there are several."""
    around = wrapping(files.names)
    inside = [name.removeprefix(around).split("/")[:-1] for name in files.names]
    between = sorted({folder for folders in inside for folder in folders[1:]})
    if level != "top" or len(between) < 2:
        return None
    classes = sorted({folders[0] for folders in inside if folders})
    return (
        f"{files.where}: classes are the top folders ({named(classes)}); folders inside them ({named(between)})"
        " are ignored (class_folder: innermost uses them)"
    )


def _classes_or_none(names: Sequence[str]) -> list[str]:
    """The classes of a part; names without a folder have none that is known."""
    return [folder or "/" for folder in classes_of(names)]
