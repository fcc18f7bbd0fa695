"""`dltool import FILE -o FOLDER`: a network of another program as a config and a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from dltool.cli.screen.table import write_table
from dltool.cli.typed_config import load_typed
from dltool.config.locating import located
from dltool.config.reading import read_config
from dltool.data.files.paths import did_you_mean_path
from dltool.errors import InputError, Problem
from dltool.importing.building import Wishes, build
from dltool.importing.configured import describe, fill, read_held
from dltool.importing.imported import Imported
from dltool.importing.keras.model import read_keras
from dltool.importing.mxnet.symbol import read_mxnet
from dltool.importing.network import ReadNetwork, by_lengths
from dltool.importing.onnx.model import read_onnx
from dltool.importing.writing import commands, config_text, require_free, write

#: of a sample, as the other program has it
Shape = tuple[int, ...]

#: what reads a whole network, by the ending of its file
NETWORKS: Mapping[str, Callable[[Path, Shape | None], ReadNetwork]] = {
    ".keras": read_keras,
    "-symbol.json": read_mxnet,
    ".params": read_mxnet,
    ".onnx": read_onnx,
}
#: endings of files with tensors alone
TENSORS = (".safetensors", ".weights.h5")
#: files that hold no network that can be read, and what to do
OTHERS: Mapping[str, str] = {
    **dict.fromkeys(
        (".pt", ".pth", ".bin", ".ckpt"),
        "PyTorch's pickles run code when they are opened; save the tensors there: safetensors.torch.save_file"
        "(model.state_dict(), 'network.safetensors')",
    ),
    **dict.fromkeys((".h5", ".hdf5", ".pb"), "load it in Keras 3 and save it there: model.save('network.keras')"),
    ".gguf": "language models of this format have no counterpart",
    ".pkl": "pickles run code when they are opened; save the tensors as .safetensors",
}


def import_network(
    file: Path, out: Path, *, wishes: Wishes, config: Path | None, rename: Sequence[str], shape: str | None
) -> None:
    """Write the folder, and say what went where; nothing is written where anything has no counterpart."""
    require_free(out)
    _require_file(file)
    if file.name.endswith(TENSORS):
        imported = _of_tensors(file, wishes, config, rename, shape)
    else:
        imported = _of_network(file, wishes, config, rename, _lengths(shape))
    write(out, config_text(imported, file, out), imported.checkpoint())
    _tell(imported, out)


def _of_network(
    file: Path, wishes: Wishes, config: Path | None, rename: Sequence[str], shape: Shape | None
) -> Imported:
    read = next((reader for ending, reader in NETWORKS.items() if file.name.endswith(ending)), None)
    if read is None:
        raise _unknown(file)
    if config is not None:
        raise InputError(Problem("says what its network is; leave out --config (--data names the data)", str(file)))
    if rename:
        raise InputError(Problem("says where its tensors belong; leave out --rename", str(file)))
    return build(read(file, shape), file, wishes)


def _of_tensors(file: Path, wishes: Wishes, config: Path | None, rename: Sequence[str], shape: str | None) -> Imported:
    given = {"data": wishes.data, "target": wishes.target, "task": wishes.task, "shape": shape}
    if unused := [f"--{name}" for name, value in given.items() if value]:
        raise InputError(Problem(f"the config of the network says this; leave out {', '.join(unused)}", str(file)))
    held = read_held(file)
    if config is None and held.described is None:
        message = "holds tensors, but not how they are used; name a config of the same network: --config CONFIG"
        raise InputError(Problem(message, str(file)))
    if config is None:
        assert held.described is not None
        return fill(file, held, held.described, _renaming(rename), wishes.name)
    with located(config, ()):
        network = describe(read_config(config), load_typed(config, ()), [config.parent])
        return fill(file, held, network, _renaming(rename), wishes.name)


def _renaming(given: Sequence[str]) -> dict[str, str]:
    for each in given:
        old, equals, new = each.partition("=")
        if not (old and equals and new) or old.count("*") != new.count("*"):
            raise InputError(f"--rename: expected MODULE=LAYER with as many * on both sides, got '{each}'")
    return {each.partition("=")[0]: each.partition("=")[2] for each in given}


def _lengths(shape: str | None) -> Shape | None:
    if shape is None:
        return None
    lengths = shape.replace("x", ",").split(",")
    if not all(length.strip().isdecimal() and int(length) for length in lengths):
        raise InputError(f"--shape: expected whole numbers above 0 such as 3,32,32, got '{shape}'")
    return tuple(map(int, lengths))


def _require_file(file: Path) -> None:
    if file.is_dir():
        raise InputError(Problem("is a folder; name a file in it", str(file)))
    if not file.exists():
        raise InputError(Problem(f"there is no such file{did_you_mean_path(file)}", str(file)))


def _unknown(file: Path) -> InputError:
    hint = OTHERS.get(file.suffix.lower(), f"endings that can be imported: {', '.join([*NETWORKS, *TENSORS])}")
    return InputError(Problem(hint, str(file)))


def _tell(imported: Imported, out: Path) -> None:
    rows = [(tensor.name, name, by_lengths(tensor.array.shape)) for name, tensor in imported.tensors.items()]
    write_table("tensors", ("in the file", "in dltool", "shape"), rows)
    numbers = sum(tensor.array.size for tensor in imported.tensors.values())
    typer.echo(f"wrote {out}: {numbers:,} numbers in {len(rows)} tensors; next:")
    for command in commands(out, "DATA"):
        typer.echo(f"  {command}")
    for note in imported.notes:
        typer.echo(f"note: {note}", err=True)
