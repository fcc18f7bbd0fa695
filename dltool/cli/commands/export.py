"""`dltool export CHECKPOINT -o FILE`: a trained network for other programs."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import typer

from dltool.errors import InputError, Problem, did_you_mean
from dltool.export.c.file import export_c
from dltool.export.exported import Exported, Port
from dltool.export.keras.file import export_keras
from dltool.export.opening import Trained
from dltool.export.torch.file import export_torch
from dltool.formatting import size
from dltool.training.saving import find, load
from dltool.training.writing import require_place, write_whole

#: inputs or outputs that are listed
LISTED = 20
#: what a file becomes, by its ending
FORMATS = (".onnx", ".c", ".safetensors")

Layout = Literal["torch", "keras"]
Format = Literal["onnx", "c", "safetensors"]


def export(
    checkpoint: Path, out: Path, *, preprocessing: bool, layout: Layout | None, file_format: Format | None = None
) -> None:
    """Write the file, and say what it takes and gives; its ending is its format, unless that is given."""
    ending = f".{file_format}" if file_format else out.suffix
    if ending not in FORMATS:
        hint = did_you_mean(out.suffix or out.name, FORMATS)
        raise InputError(Problem(f"the ending of the file, or --format, says what to write; {hint}", str(out)))
    if ending == ".safetensors" and layout is None:
        raise InputError(Problem("say which framework the tensors are for: --layout torch or --layout keras", str(out)))
    if ending != ".safetensors" and layout is not None:
        message = f"--layout {layout} belongs to a .safetensors file; leave it out, or name such a file"
        raise InputError(Problem(message, str(out)))
    require_place(out)
    path = find(checkpoint)
    if out.resolve() == path.resolve():
        raise InputError(Problem("is the checkpoint; choose another file", str(out)))
    trained = Trained.of(load(path, _note), path)
    exported = _exported(trained, out, ending, preprocessing, layout)
    write_whole(out, exported.content)
    _tell(out, exported)


def _exported(trained: Trained, out: Path, ending: str, preprocessing: bool, layout: Layout | None) -> Exported:
    match layout:
        case "torch":
            return export_torch(trained, str(out))
        case "keras":
            return export_keras(trained, str(out))
    make = _onnx if ending == ".onnx" else export_c
    return make(trained, out.stem, preprocessing=preprocessing)


def _onnx(trained: Trained, name: str, *, preprocessing: bool) -> Exported:
    for library in ("onnx", "onnxruntime"):
        try:
            importlib.import_module(library)
        except ImportError:
            raise InputError(f"an ONNX file needs the library {library}: pip install 'dltool[onnx]'") from None
    from dltool.export.onnx.file import export_onnx

    return export_onnx(trained, name, preprocessing=preprocessing)


def _tell(out: Path, exported: Exported) -> None:
    typer.echo(f"{out}  {size(len(exported.content))}  {exported.summary}")
    for title, ports in (("inputs", exported.inputs), ("outputs", exported.outputs)):
        if ports:
            typer.echo(title)
            for line in _lines(ports):
                typer.echo(f"  {line}")
    if exported.program:
        typer.echo(f"\n{exported.program}", nl=False)
    for note in exported.notes:
        _note(note)


def _lines(ports: Sequence[Port]) -> list[str]:
    width = max(len(port.name) for port in ports[:LISTED])
    kinds = max(len(port.kind) for port in ports[:LISTED])
    lines = [f"{port.name:{width}}  {port.kind:{kinds}}  {port.meaning}".rstrip() for port in ports[:LISTED]]
    return [*lines, f"… and {len(ports) - LISTED} more"] if len(ports) > LISTED else lines


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)
