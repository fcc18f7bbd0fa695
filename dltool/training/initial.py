"""`init_from`: a new training that takes over parameters of another, or of any safetensors file, by their names.

The running statistics of their layers come along; optimizer slots and averages do not, since the training is a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.transfer import InitFrom
from dltool.data.paths import locate_folder
from dltool.errors import InputError, Problem, did_you_mean
from dltool.ops.graph import Graph
from dltool.patterns import filled, fits, meant_pattern, starred
from dltool.training.checkpoint import decode, read_tensors
from dltool.training.saving import find

#: names that a line tells
TOLD = 6

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Start:
    """What a network starts from, besides its own initial values."""

    arrays: Arrays = field(default_factory=dict)  # float32, by the network's names
    notes: Sequence[str] = ()


def with_checkpoint(experiment: Experiment, folders: Sequence[Path], given: Path | None) -> Experiment:
    """The experiment with the whole path of what it starts from; `given` on the command line stands in for its own.

    Raises InputError where there is no such file.
    """
    init_from = experiment.init_from
    if given:
        init_from = (init_from or InitFrom(checkpoint="")).model_copy(update={"checkpoint": str(given)})
    if init_from is None:
        return experiment
    try:
        path = locate_folder(init_from.checkpoint, [] if given else folders, "init_from.checkpoint")
    except InputError as error:
        if not given:
            raise
        raise InputError(*(replace(problem, where="--init-from", path="") for problem in error.problems)) from None
    init_from = init_from.model_copy(update={"checkpoint": str(path.resolve())})
    return experiment.model_copy(update={"init_from": init_from})


def starting_from(experiment: Experiment, folders: Sequence[Path], graph: Graph) -> Start:
    """What the experiment says that its network starts from; raises InputError with all that does not fit."""
    init_from = with_checkpoint(experiment, folders, None).init_from
    start = _taken_over(init_from, find(Path(init_from.checkpoint)), graph) if init_from else Start()
    if idle := [value.name for value in graph.parameters() if value.frozen and value.name not in start.arrays]:
        return replace(start, notes=[*start.notes, f"frozen at their initial values: {_some(idle)}"])
    return start


def _taken_over(init_from: InitFrom, path: Path, graph: Graph) -> Start:
    values = [value for value in graph.values.values() if value.role in ("parameter", "state") and value.of is None]
    wanted = {value.name: value.shape for value in values}
    offered = _offered(path)
    states = {value.name for value in values if value.role == "state"}
    chosen = _chosen(init_from.patterns, _renamed(init_from.rename, offered), states)
    unlike = [name for name, new in chosen.items() if new in wanted and offered[name].shape != wanted[new]]
    differences = [
        f"'{name}' is {_shape(offered[name].shape)} in the checkpoint and {_shape(wanted[chosen[name]])} in the network"
        for name in unlike
    ]
    taken = {name: new for name, new in chosen.items() if new in wanted and name not in unlike}
    problems = list(_lost(init_from.patterns, chosen, offered, wanted))
    if init_from.patterns:
        problems += [Problem(difference, path="init_from.parameters") for difference in differences]
    elif not taken:
        reasons = [*differences[:TOLD], f"it has {_some(offered)}; the network has {_some(wanted)}"]
        problems.append(Problem("; ".join(["nothing in it fits by name and shape", *reasons]), str(path)))
    if problems:
        raise InputError(*problems)
    arrays = {new: offered[name].astype(np.float32) for name, new in taken.items()}
    left = [name for name in wanted if name not in arrays]
    idle = [name for name, new in chosen.items() if new not in wanted]
    told = [
        f"took {len(arrays)} of the network's {len(wanted)} tensors from {path}",
        f"left at their initial values: {_some(left)}" if left else "",
        f"without a place in the network: {_some(idle)}" if idle else "",
        *differences[:TOLD],
    ]
    return Start(arrays, ["; ".join(filter(None, told))])


def _offered(path: Path) -> Arrays:
    """The tensors of a file that are neither slots nor averages of others."""
    arrays, metadata = read_tensors(path)
    if metadata.get("format") == "dltool":
        arrays = decode(path).arrays
    return {name: array for name, array in arrays.items() if name.rpartition(".")[0] not in arrays}


def _renamed(rename: Mapping[str, str], offered: Iterable[str]) -> dict[str, str]:
    """What each tensor of the file is called here; raises InputError where two get one name, or a pattern fits none."""
    names = {}
    for name in offered:
        found = (filled(new, stars) for old, new in rename.items() if (stars := starred(old, name)) is not None)
        names[name] = next(found, name)
    problems = [
        Problem(f"no tensor of the checkpoint fits '{old}'; {meant_pattern(old, names)}", path="init_from.rename")
        for old in rename
        if not any(fits([old], name) for name in names)
    ]
    owners: dict[str, str] = {}
    for name, new in names.items():
        if owners.setdefault(new, name) != name:
            problems.append(Problem(f"both '{owners[new]}' and '{name}' become '{new}'", path="init_from.rename"))
    if problems:
        raise InputError(*problems)
    return names


def _chosen(patterns: Sequence[str], names: Mapping[str, str], states: set[str]) -> dict[str, str]:
    """The tensors to take, by their names in the file: those that fit, and the running statistics of their layers."""
    if not patterns:
        return dict(names)
    layers = {name.rpartition(".")[0] for name in names if fits(patterns, name)}
    with_them = {name for name, new in names.items() if new in states and name.rpartition(".")[0] in layers}
    return {name: new for name, new in names.items() if name in with_them or fits(patterns, name)}


def _lost(
    patterns: Sequence[str], chosen: Mapping[str, str], offered: Iterable[str], wanted: Iterable[str]
) -> Iterator[Problem]:
    """Patterns that stand for nothing in the file, or for nothing that the network has."""
    for pattern in patterns:
        found = [name for name in chosen if fits([pattern], name)]
        message = ""
        if not found:
            message = f"no tensor of the checkpoint fits '{pattern}'; {meant_pattern(pattern, offered)}"
        elif not any(chosen[name] in wanted for name in found):
            here = chosen[found[0]]
            message = f"the network has none of what '{pattern}' fits, such as '{here}'; {did_you_mean(here, wanted)}"
        if message:
            yield Problem(message, path="init_from.parameters")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "a single number"


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more
