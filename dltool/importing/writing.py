"""An imported network on disk: a folder with a config and a checkpoint, whole or not there at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dltool.config.writing import dump_inline
from dltool.errors import InputError, Problem, RunError
from dltool.formatting import quoted
from dltool.importing.description import lines
from dltool.importing.imported import Imported
from dltool.training.checkpoint import Checkpoint
from dltool.training.saving import LAST, save

CONFIG = "config.yaml"
#: what a training of the config starts from: classes may have other names there
START = {"checkpoint": LAST, "match": "positions"}


def require_free(folder: Path) -> None:
    """Raises InputError where the folder cannot be made, or holds something already."""
    if folder.exists() and not folder.is_dir():
        raise InputError(Problem("is a file; name a folder that is to be made", str(folder)))
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(Problem("the folder is not empty; choose another", str(folder)))
    if not folder.absolute().parent.is_dir():
        raise InputError(Problem("there is no such folder; make it first", str(folder.parent)))


def write(folder: Path, config: str, checkpoint: Checkpoint) -> None:
    """Make the folder; raises RunError, and leaves nothing, if that fails."""
    place = folder.resolve()  # an empty folder may stand behind a symbolic link
    temporary = place.with_name(f".{place.name}.tmp")
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        (temporary / CONFIG).write_text(config, encoding="utf-8")
        save(checkpoint, temporary / LAST)
        os.replace(temporary, place)
    except OSError as error:
        raise RunError(Problem(f"cannot be written: {error.strerror}", str(folder))) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def config_text(imported: Imported, file: Path, folder: Path) -> str:
    """The config with comments, and above it how to go on."""
    data = "DATA" if imported.arrays is None else "data.npz"
    head = [
        f"The network of {file.name}, with its weights in {LAST}.",
        "",
        *(f"  {command}" for command in commands(folder, data)),
    ]
    body = [f"# {line}".rstrip() for line in head] + [""]
    start = f"init_from: {dump_inline(START)}"
    if isinstance(imported.config, str):
        text = re.sub(r"(?m)^init_from: *null *\n", "", imported.config).rstrip()
        named = [] if re.search(r"(?m)^name:", text) else [f"name: {imported.name}", ""]
        return "\n".join([*body, *named, text, "", start, ""])
    config = dict(imported.config)
    body += [*(f"{key}: {config.pop(key)}" for key in ("name", "compat") if key in config), ""]
    body += _data(config.pop("data"), imported)
    body += ["", "model:", *lines(config.pop("model")), ""]
    body.append(start)
    body += ["", *(f"{key}: {dump_inline(value)}" for key, value in config.items())]
    return "\n".join(body) + "\n"


def commands(folder: Path, data: str) -> Sequence[str]:
    """What a user does next."""
    return [
        f"dltool predict {quoted(folder)} {data}",
        f"dltool train {quoted(folder / CONFIG)}    # goes on from these weights",
    ]


def _data(data: Mapping[str, Any], imported: Imported) -> list[str]:
    made = ["data:"]
    if imported.arrays:
        made.append(f"  # name your samples here: arrays {imported.arrays}, or any other data that fits")
    made += [f"  {key}: {dump_inline(value)}" for key, value in data.items()]
    if data.get("scaling") == "none":
        made[-1] += "  # the network takes numbers as they are here; {divide: 255} for bytes as shares"
    return made
