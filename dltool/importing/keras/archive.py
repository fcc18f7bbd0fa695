"""The files that Keras 3 saves: a .keras archive with the config and the weights, or the weights alone."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from dltool.errors import InputError, Problem
from dltool.importing.network import Tensor

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"

#: arrays by the paths of the layers that they belong to, such as "layers/dense", in their order
Weights = Mapping[str, Sequence[Tensor]]


def read_archive(path: Path) -> tuple[Mapping[str, Any], Weights]:
    """The config of the model, and its weights; raises InputError for other files and damaged ones."""
    require_h5py(path)
    with _explained(path), zipfile.ZipFile(path) as archive:
        if missing := {_CONFIG, _WEIGHTS} - set(archive.namelist()):
            raise InputError(
                Problem(f"not a model of Keras 3: there is no {' and no '.join(sorted(missing))}", str(path))
            )
        config = json.loads(archive.read(_CONFIG))
        return config, _weights(io.BytesIO(archive.read(_WEIGHTS)))


def read_weights(path: Path) -> Weights:
    """The weights of a .weights.h5 file; raises InputError for other files and damaged ones."""
    require_h5py(path)
    with _explained(path), path.open("rb") as file:
        return _weights(file)


def require_h5py(path: Path) -> None:
    """Raises InputError that names the missing library."""
    try:
        import h5py  # noqa: F401
    except ImportError:
        message = "needs the library h5py: pip install 'dltool[import]'"
        raise InputError(Problem(message, str(path))) from None


def _weights(file: IO[bytes]) -> Weights:
    import h5py

    found: dict[str, list[tuple[int, Tensor]]] = {}

    def note(name: str, item: Any) -> None:
        layer, _, number = name.rpartition("/vars/")
        if isinstance(item, h5py.Dataset) and layer and not layer.startswith("optimizer"):
            found.setdefault(layer, []).append((int(number), Tensor(name, np.asarray(item))))

    with h5py.File(file, "r") as archive:
        archive.visititems(note)
        if not found and ("model_weights" in archive or "layer_names" in archive.attrs):
            raise InputError("written by Keras 2; load it there or in Keras 3, and save it as .keras")
    return {layer: [tensor for _, tensor in sorted(arrays, key=lambda one: one[0])] for layer, arrays in found.items()}


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(
            *(problem if problem.where else Problem(problem.message, str(path)) for problem in error.problems)
        ) from None
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", str(path))) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError, OSError) as error:
        message = f"not a file that Keras 3 saves, or damaged ({' '.join(str(error).split())})"
        raise InputError(Problem(message, str(path))) from None
