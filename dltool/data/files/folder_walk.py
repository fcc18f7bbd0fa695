"""All files below a folder, each once; links are followed, but not in circles."""

from __future__ import annotations

import os
import stat
from collections import deque
from pathlib import Path

from dltool.errors import InputError, Problem

#: reasons to skip an entry of a folder
BROKEN_LINK, REPEATED_LINK, NO_FILE = (
    "a link to nothing",
    "a link to something already listed",
    "neither file nor folder",
)
#: files and folders that operating systems create
CLUTTER = {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin"}

#: identity of a file: device and inode
Identity = tuple[int, int]


def is_hidden(name: str) -> bool:
    """Whether a part of a path starts with a dot or was created by the operating system."""
    return any(part.startswith(".") or part.lower() in CLUTTER for part in name.split("/"))


class Walk:
    """Everything below a folder, as paths with '/'; raises InputError for unreadable folders."""

    def __init__(self, root: Path):
        self.files: list[str] = []
        self.folders: list[str] = []
        self.passed_over: dict[str, str] = {}  # a name, and why
        self._root = root
        self._around: set[Identity] = {_identity(folder.stat()) for folder in root.resolve().parents}
        self._entered: set[Identity] = set()
        self._taken: set[Identity] = set()
        self._links: deque[str] = deque()
        self._enter("")
        while self._links:  # last, so that a file is found by its real name first
            self._follow(self._links.popleft())

    def _enter(self, folder: str) -> None:
        """Walk a folder and the folders below it; `folder` is empty or ends in '/'."""
        inside = [folder]
        while inside:
            folder = inside.pop()
            identity = _identity((self._root / folder).stat())
            if identity in self._entered:
                continue
            self._entered.add(identity)
            if folder:
                self.folders.append(folder.removesuffix("/"))
            for entry in self._entries(folder):
                name = f"{folder}{entry.name}"
                if entry.is_symlink():
                    self._links.append(name)
                elif entry.is_dir():
                    inside.append(f"{name}/")
                elif entry.is_file():
                    self._taken.add((identity[0], entry.inode()))
                    self.files.append(name)
                else:
                    self.passed_over[name] = NO_FILE

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._root / folder) as entries:
                return sorted((one for one in entries if not is_hidden(one.name)), key=lambda one: one.name)
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror}", str(self._root / folder))) from None

    def _follow(self, name: str) -> None:
        try:
            state = (self._root / name).stat()
        except OSError:
            self.passed_over[name] = BROKEN_LINK
            return
        identity = _identity(state)
        if identity in self._around | self._entered | self._taken:
            self.passed_over[name] = REPEATED_LINK
        elif stat.S_ISDIR(state.st_mode):
            self._enter(f"{name}/")
        elif stat.S_ISREG(state.st_mode):
            self._taken.add(identity)
            self.files.append(name)
        else:
            self.passed_over[name] = NO_FILE


def _identity(state: os.stat_result) -> Identity:
    return state.st_dev, state.st_ino
