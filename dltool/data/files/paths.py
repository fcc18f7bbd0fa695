"""Finding the files that a config names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

from dltool.errors import InputError, Problem, nearest

#: why a stream is no data
_REPEATED = "data is read more than once, so write a stream to a file first, and name that"


def locate(name: str, folders: Sequence[Path], field: str) -> Path:
    """The readable file `name`, in one of `folders`, the working directory, or a folder above the first of `folders`.

    Raises InputError for the config's `field` with the paths tried and a file of a similar name.
    """
    path = next((place for place in _places(name, folders) if place.exists()), None)
    if name == "-" and path is None:
        raise InputError(Problem(f"'-' is no file; {_REPEATED}", path=field))
    if path is None:
        near, _ = candidates(name, folders)
        raise InputError(Problem(f"no file {_looked(near)}{did_you_mean_path(*near)}", path=field))
    if not path.is_file():
        what = "is a directory, where a file is needed" if path.is_dir() else f"is no file; {_REPEATED}"
        raise InputError(Problem(f"'{path}' {what}", path=field))
    if not os.access(path, os.R_OK):
        raise InputError(Problem(f"'{path}' may not be read by this user", path=field))
    return path


def locate_folder(name: str, folders: Sequence[Path], field: str) -> Path:
    """The directory or readable file `name`, found as by `locate`."""
    folder = next((place for place in _places(name, folders) if place.is_dir()), None)
    return folder or locate(name, folders, field)


def locate_all(pattern: str, folders: Sequence[Path], field: str) -> list[Path]:
    """The readable files that match a name with wildcards, sorted by name; at least one.

    A file whose name really contains the wildcard is found too.
    """
    if not has_magic(pattern) or any(place.exists() for place in _places(pattern, folders)):
        return [locate(pattern, folders, field)]
    for place in _places(pattern, folders):
        if found := sorted(glob(str(place))):
            return [locate(path, [], field) for path in found]
    raise InputError(Problem(f"no file matches {_looked(candidates(pattern, folders)[0])}", path=field))


def candidates(name: str, folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Paths to try for a name: in `folders` and the working directory; and in folders above the first of `folders`.

    The latter find paths relative to the root of a project, from any working directory.
    """
    wanted = Path(name).expanduser()
    near = list(dict.fromkeys([*(_from_here(folder) / wanted for folder in folders), wanted]))
    above = [folder / wanted for first in folders[:1] for folder in first.resolve().parents[:-1]]
    return near, [place for place in dict.fromkeys(above) if place not in near]


def _from_here(folder: Path) -> Path:
    """A folder as the user sees it: relative if it is inside the working directory."""
    whole, here = folder.resolve(), Path.cwd()
    return whole.relative_to(here) if whole.is_relative_to(here) else folder


def _places(name: str, folders: Sequence[Path]) -> list[Path]:
    near, above = candidates(name, folders)
    return [*near, *above]


def _looked(places: Sequence[Path]) -> str:
    """The paths tried, the shortest first."""
    return ", nor ".join(f"'{place}'" for place in sorted(places, key=lambda place: len(place.parts)))


def did_you_mean_path(*places: Path) -> str:
    """A hint at a file or directory with a similar name as a missing one, to append to a message."""
    for place in places:
        try:
            close = nearest(place.name, [file.name for file in place.parent.iterdir()])
        except OSError:
            continue
        if close:
            return f"; did you mean '{place.with_name(close)}'?"
    return ""
