"""`init_from`: starts a new training from parameters of another one, or of any safetensors file, matched by name.

Running statistics of the same layers are included; optimizer slots and averages are not, since the training is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved
from dltool.config.transfer import InitFrom
from dltool.data.files.paths import locate_folder
from dltool.data.preprocessing.position_names import differences
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.errors import InputError, Problem, did_you_mean
from dltool.ops.graph import Graph
from dltool.patterns import filled, fits, meant_pattern, starred
from dltool.training.checkpoint import decode, read_tensors
from dltool.training.matching import NAMES_SHOWN, Matching, Meaning, Taken, some
from dltool.training.saving import find

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Offer:
    """The tensors of a file without slots and averages, and their meaning if the file says so."""

    arrays: Arrays
    meaning: Meaning | None


@dataclass(frozen=True)
class Start:
    """The tensors that replace a network's initial values."""

    taken: Mapping[str, Taken] = field(default_factory=dict)  # by their names in the network
    notes: Sequence[str] = ()

    def over(self, initial: Arrays) -> dict[str, np.ndarray]:
        """The arrays of the network that differ from its own initial values."""
        return {name: one.over(initial[name]) for name, one in self.taken.items()}


def with_checkpoint(experiment: Experiment, folders: Sequence[Path], given: Path | None) -> Experiment:
    """The experiment with the absolute path of its initial checkpoint; `given`, from the command line, replaces it.

    Raises InputError if there is no such file.
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


def starting_from(experiment: Experiment, folders: Sequence[Path], graph: Graph, preprocessing: Preprocessing) -> Start:
    """The tensors that a network starts from, as configured; raises InputError with everything that does not fit."""
    start, init_from = Start(), with_checkpoint(experiment, folders, None).init_from
    if init_from:
        path = find(Path(init_from.checkpoint))
        offer = _offered(path)
        here = Meaning.of(experiment, preprocessing) if offer.meaning else None
        start = _taken_over(init_from, path, offer, graph, here)
    if idle := [value.name for value in graph.parameters() if value.frozen and value.name not in start.taken]:
        return replace(start, notes=[*start.notes, f"frozen at their initial values: {some(idle)}"])
    return start


def _taken_over(init_from: InitFrom, path: Path, offer: Offer, graph: Graph, here: Meaning | None) -> Start:
    values = [value for value in graph.values.values() if value.role in ("parameter", "state") and value.of is None]
    wanted, offered = {value.name: value.shape for value in values}, offer.arrays
    states = {value.name for value in values if value.role == "state"}
    chosen = _chosen(init_from.patterns, _renamed(init_from.rename, offered), states)
    by_position = init_from.match == "positions"
    matching = Matching(offer.meaning.axes if offer.meaning else {}, here.axes if here else {}, by_position)
    taken: dict[str, Taken] = {}
    differences = []
    for name, new in chosen.items():
        if new not in wanted:
            continue
        if not matching.alike(name, offered[name].shape, new, wanted[new]):
            shapes = _shape(offered[name].shape), _shape(wanted[new])
            differences.append(f"'{name}' is {shapes[0]} in the checkpoint and {shapes[1]} in the network")
        elif part := matching.take(name, offered[name], new):
            taken[new] = part
    problems = list(_lost(init_from.patterns, chosen, offered, wanted))
    if init_from.patterns:
        problems += [Problem(difference, path="init_from.parameters") for difference in differences]
    if not taken and not problems:
        reasons = [
            *differences[:NAMES_SHOWN],
            *matching.notes(),
            f"it has {some(offered)}; the network has {some(wanted)}",
        ]
        problems.append(Problem("; ".join(["nothing matches by name and shape", *reasons]), str(path)))
    if problems:
        raise InputError(*problems)
    left = [name for name in wanted if name not in taken]
    idle = [name for name, new in chosen.items() if new not in wanted]
    parts = sum(not one.fills(wanted[new]) for new, one in taken.items())
    notes = [
        f"took {len(taken)} of the network's {len(wanted)} tensors{f', {parts} in part,' if parts else ''} from {path}",
        f"kept their initial values: {some(left)}" if left else "",
        f"not used by the network: {some(idle)}" if idle else "",
        *differences[:NAMES_SHOWN],
    ]
    return Start(taken, ["; ".join(filter(None, notes)), *matching.notes(), *_changes(offer.meaning, here)])


def _offered(path: Path) -> Offer:
    arrays, metadata = read_tensors(path)
    meaning = None
    if metadata.get("format") == "dltool":
        checkpoint = decode(path)
        arrays = checkpoint.arrays
        meaning = Meaning.of(from_resolved(checkpoint.config), Preprocessing.from_json(checkpoint.preprocessing))
    return Offer({name: array for name, array in arrays.items() if name.rpartition(".")[0] not in arrays}, meaning)


def _changes(there: Meaning | None, here: Meaning | None) -> list[str]:
    """Notes on data that was prepared differently, and on files that do not say how."""
    if there is None or here is None:
        return ["the file does not name its columns and classes: everything was matched by name and shape"]
    changes = differences(there.preprocessing, here.preprocessing)
    return [f"prepared differently than for the checkpoint: {some(changes, '; ')}"] if changes else []


def _renamed(rename: Mapping[str, str], offered: Iterable[str]) -> dict[str, str]:
    """The new name of each tensor of the file; raises InputError for duplicate names and patterns without a match."""
    names = {}
    for name in offered:
        found = (filled(new, stars) for old, new in rename.items() if (stars := starred(old, name)) is not None)
        names[name] = next(found, name)
    problems = [
        Problem(f"no checkpoint tensor matches '{old}'; {meant_pattern(old, names)}", path="init_from.rename")
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
    """The tensors to take, by their names in the file: those that match, and the running statistics of their layers."""
    if not patterns:
        return dict(names)
    layers = {name.rpartition(".")[0] for name in names if fits(patterns, name)}
    with_them = {name for name, new in names.items() if new in states and name.rpartition(".")[0] in layers}
    return {name: new for name, new in names.items() if name in with_them or fits(patterns, name)}


def _lost(
    patterns: Sequence[str], chosen: Mapping[str, str], offered: Iterable[str], wanted: Iterable[str]
) -> Iterator[Problem]:
    """Problems for patterns that match nothing in the file, or nothing in the network."""
    for pattern in patterns:
        found = [name for name in chosen if fits([pattern], name)]
        message = ""
        if not found:
            message = f"no checkpoint tensor matches '{pattern}'; {meant_pattern(pattern, offered)}"
        elif not any(chosen[name] in wanted for name in found):
            here = chosen[found[0]]
            message = (
                f"the network has no tensor that '{pattern}' matches, such as '{here}'; {did_you_mean(here, wanted)}"
            )
        if message:
            yield Problem(message, path="init_from.parameters")


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "a single number"
