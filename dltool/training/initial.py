"""`--init-from`: a new training that starts from the parameters of any safetensors file, matched by name.

Optimizer slots and averages are not taken, since the training is a new one; running statistics are where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dltool.errors import InputError, Problem, did_you_mean
from dltool.ops.graph import Graph
from dltool.training.checkpoint import decode, read_tensors
from dltool.training.saving import find


def initial_arrays(target: Path, graph: Graph) -> dict[str, np.ndarray]:
    """All of a network's parameters, and the running statistics there are, from a file or a run.

    Raises `InputError` with every name that is missing, unknown or of another shape.
    """
    parameters = {value.name: value.shape for value in graph.parameters()}
    states = [value for value in graph.values.values() if value.role == "state" and value.of is None]
    path = find(target)
    arrays, metadata = read_tensors(path)
    if metadata.get("format") == "dltool":
        arrays = decode(path).arrays
    wanted = {**{value.name: value.shape for value in states}, **parameters}
    # what belongs to another array of the file is a slot or an average of it
    offered = {name: array for name, array in arrays.items() if name in wanted or name.rpartition(".")[0] not in arrays}
    missing = [name for name in parameters if name not in offered]
    problems = [
        Problem(f"the network has no '{name}'; {did_you_mean(name, missing or wanted)}", where=str(path))
        for name in offered
        if name not in wanted
    ]
    problems += [
        Problem(f"no '{name}' {_shape(parameters[name])} in this file; it has: {_some(offered)}", where=str(path))
        for name in missing
    ]
    problems += [
        Problem(f"'{name}' is {_shape(array.shape)} here and {_shape(wanted[name])} in the network", where=str(path))
        for name, array in offered.items()
        if name in wanted and array.shape != wanted[name]
    ]
    if problems:
        raise InputError(*problems)
    return {name: array.astype(np.float32) for name, array in offered.items()}


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "a single number"


def _some(names: Mapping[str, object]) -> str:
    shown = sorted(names)[:8]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
