"""Images in a zip archive."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from pathlib import Path
from typing import IO

from dltool.data.files.folder_walk import is_hidden
from dltool.data.images.files import ARCHIVE, ImageFiles
from dltool.errors import InputError, Problem, printable

#: why a member is left out
LINK = "a link, which archives keep as text"
#: the system that names members in bytes of its own, and the flag of names in UTF-8 (APPNOTE.TXT 4.4.2, appendix D)
UNIX, IN_UTF8 = 3, 0x800


class ArchiveFiles(ImageFiles):
    """Images in a zip archive, or in one folder `inside` it; raises InputError where there is no such thing."""

    def __init__(self, path: Path, inside: str = ""):
        super().__init__(f"{path}/{inside}" if inside else str(path))
        self._path, self._inside = path, f"{inside}/" if inside else ""
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError):
            raise InputError(Problem("not a zip archive, or damaged", printable(str(path)))) from None
        self._members = self._below(inside)
        if inside and not self._members:
            self.close()
            raise InputError(Problem(f"has nothing called '{inside}' inside", str(path)))
        files = [name for name in self._members if not name.endswith("/")]
        self.left_out = {name: LINK for name in files if stat.S_ISLNK(self._members[name].external_attr >> 16)}
        self.folders = list(dict.fromkeys(folder for name in self._members for folder in _folders(name)))
        self._sort_out(name for name in files if name not in self.left_out)

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._members[name])

    def path(self, name: str) -> str:
        return printable(f"{self._path}/{self._inside}{name}")

    def place(self, name: str) -> str:
        return printable(f"{self._path}: {self._inside}{name}")

    def close(self) -> None:
        self._archive.close()

    def _below(self, inside: str) -> dict[str, zipfile.ZipInfo]:
        """What the folder holds; or the one file of this name, where it is none."""
        members = {_name(member): member for member in self._archive.infolist()}
        wanted = {unicodedata.normalize(form, inside) for form in ("NFC", "NFD")} | {inside}
        found = {}
        for name, member in members.items():
            if name in wanted:
                folder, _, own = name.rpartition("/")
                self._inside = f"{folder}/" if folder else ""
                return {own: member}
            below = name.removeprefix(self._inside)
            if name.startswith(self._inside) and below and not is_hidden(below):
                found[below] = member
        return found


def split_archive(path: str) -> tuple[str, str]:
    """A path into an archive as the archive's path and the rest: `a.zip/test` → `a.zip`, `test`."""
    parts = path.rstrip("/").split("/")
    for count, part in enumerate(parts[:-1], 1):
        outside = "/".join(parts[:count])
        if part.lower().endswith(ARCHIVE) and not Path(outside).is_dir():
            return outside, "/".join(parts[count:])
    return path, ""


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, by its name or content."""
    return path.suffix.lower() == ARCHIVE or zipfile.is_zipfile(path)


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name, decoded as its system wrote it; Python reads all names not marked as UTF-8 as cp437."""
    name = member.filename
    if not member.flag_bits & IN_UTF8:
        content = name.encode("cp437", "surrogateescape")
        try:
            name = content.decode()
        except UnicodeDecodeError:
            name = content.decode(errors="surrogateescape") if member.create_system == UNIX else name
    return name if "/" in name else name.replace("\\", "/")


def _folders(name: str) -> list[str]:
    """The folders around a member, from the outermost on."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
