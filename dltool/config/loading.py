"""From a config file and overrides to an `Experiment`, or to all problems in them; and back to plain data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from dltool.config import node as tree
from dltool.config.document import read_document
from dltool.config.experiment import FRAMEWORKS, Experiment
from dltool.config.messages import Placed, explain, placed
from dltool.config.node import Node, Place
from dltool.config.overrides import override
from dltool.config.reading import read_config
from dltool.config.renamed import translate
from dltool.config.rules import broken_rules
from dltool.config.slots import Slot
from dltool.config.writing import dump_yaml
from dltool.errors import InputError, Problem

__all__ = ["as_written", "dump_yaml", "from_mapping", "from_resolved", "load", "name_from", "resolved"]


def load(path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment that a config file describes; raises InputError with all problems in reading order."""
    document = read_document(read_config(Path(path)), str(path))
    return _experiment(document.root, document.problems, overrides, name=name_from(Path(path)))


def from_resolved(data: Mapping[str, Any], overrides: Sequence[str] = ()) -> Experiment:
    """The experiment from a resolved config in a checkpoint; raises InputError if `overrides` make it invalid."""
    root = tree.plant(dict(data), Place(0, 0, 0, "the checkpoint's config"))
    translate(root, Slot(Experiment))
    return _experiment(root, [], overrides, name="run")


def as_written(path: str | Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """A valid config file with overrides as plain data, without defaults."""
    root = read_document(read_config(Path(path)), str(path)).root
    override(root, Experiment, overrides)
    return root.plain()


def from_mapping(config: Mapping[str, Any], overrides: Sequence[str] = ()) -> Experiment:
    """The experiment that a mapping describes, as a config file would; raises InputError with all problems."""
    try:
        text = dump_yaml(dict(config))
    except yaml.YAMLError as error:
        raise InputError(Problem(f"holds a value that YAML cannot write: {error.args[-1]!r}", "config")) from None
    document = read_document(text, "config")
    root = document.root.replaced(Place(0, 0, 0, "config"))
    return _experiment(root, document.problems, overrides, name="run")


def resolved(experiment: Experiment) -> dict[str, Any]:
    """All fields as plain data, which `from_resolved` turns into an equal experiment."""
    return experiment.model_dump(mode="json")


def _experiment(root: Node, problems: list[Placed], overrides: Sequence[str], *, name: str) -> Experiment:
    if not isinstance(root.content, dict):
        what = "the file is empty" if root.content is None else "this is not a mapping"
        raise InputError(Problem(f"{what}; a config has keys: data, model, loss, …", str(root.place)))
    problems = [*problems, *override(root, Experiment, overrides)]
    root.content = {key: value for key, value in root.content.items() if not key.startswith("x-")}
    data = {"name": name, **root.plain()}
    context = {"compat": data["compat"] if data.get("compat") in FRAMEWORKS else None}
    try:
        experiment = Experiment.model_validate(data, context=context)
        blocks = {name: getattr(experiment, name) for name in Experiment.model_fields}
    except ValidationError as error:
        experiment = None
        unread = {place for place, _ in problems}  # values that YAML could not read have no type to report
        problems += [problem for problem in explain(error, root, Experiment) if problem[0] not in unread]
        blocks = _valid_blocks(data, context, {line["loc"][0] for line in error.errors() if line["loc"]})
    problems += [_at(root, path, message) for path, message in broken_rules(blocks)]
    if experiment is None or problems:
        raise InputError(*(problem for _, problem in sorted(problems, key=lambda problem: problem[0])))
    return experiment


def _valid_blocks(data: Mapping[str, Any], context: Any, failed: set[Any]) -> dict[str, Any]:
    """The valid top-level fields of an invalid config."""
    return {
        name: TypeAdapter(field.rebuild_annotation()).validate_python(
            data.get(name, field.get_default(call_default_factory=True)), context=context
        )
        for name, field in Experiment.model_fields.items()
        if name not in failed
    }


def _at(root: Node, path: tree.Path, message: str) -> Placed:
    """A broken rule, located at the value it names or at the closest parent."""
    node = root
    for step in path:
        child = node.child(step)
        if child is None:
            return placed(node.key, path, message)
        node = child
    return placed(node.place, path, message)


def name_from(path: Path) -> str:
    """A run's name from its config's file name."""
    return re.sub(r"[^\w.+=,@-]", "_", path.stem).lstrip("_.+=,@-") or "run"
