"""The text of a config file, or one clear line on why it cannot be read."""

from __future__ import annotations

from pathlib import Path

from dltool.errors import InputError, Problem, nearest

#: larger than any config: most likely a data file named by mistake
LARGEST_FILE = 4_000_000
_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


def read_config(path: Path) -> str:
    """The file as text; raises InputError where it is missing, unreadable, or not UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise _unusable(path, f"larger than {LARGEST_FILE // 10**6} MB; this is not a config")
        return _decoded(content, path)
    except FileNotFoundError:
        raise _unusable(path, f"no such file{_near(path)}") from None
    except IsADirectoryError:
        raise _unusable(path, f"a directory, not a config{_near(path / 'config.yaml')}") from None
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from None


def _decoded(content: bytes, path: Path) -> str:
    for mark, encoding in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise _unusable(path, f"this is {encoding}; save it as UTF-8")
    if b"\0" in content:
        raise _unusable(path, "this is a binary file, not a config")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        place = f"{path}:{before.count(10) + 1}:{len(before) - before.rfind(10)}"
        raise InputError(
            Problem(f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8", place)
        ) from None


def _unusable(path: Path, message: str) -> InputError:
    return InputError(Problem(message, str(path)))


def _near(path: Path) -> str:
    try:
        names = {entry.stem: entry.name for entry in path.parent.iterdir() if entry.suffix in (".yaml", ".yml")}
    except OSError:
        return f"; there is no directory '{path.parent}'" if not path.parent.exists() else ""
    if close := nearest(path.stem, names):
        return f"; did you mean {path.parent / names[close]}?"
    there = sorted(names.values())
    return f"; configs there: {', '.join(there[:8])}{', …' if len(there) > 8 else ''}" if there else ""
