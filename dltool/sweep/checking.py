"""Checks a `sweep` block before anything runs: every key exists, every value fits, every key makes a difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

from dltool.config.differences import value_at
from dltool.config.document import read_document
from dltool.config.experiment import Experiment
from dltool.config.loading import load, resolved
from dltool.config.node import path_steps, path_text
from dltool.config.reading import read_config
from dltool.config.slots import Slot, below, filled
from dltool.errors import InputError, Problem, did_you_mean
from dltool.registry import registered
from dltool.sweep.space import Parameter, Space, changes, name_of

Config = Mapping[str, Any]
#: keys that decide on which rows and by what trials are compared
_FIXED = ("name", "metrics", "data.split", "data.validation", "data.test", "train.monitor", "early_stopping.monitor")


def checked_space(config: Path, overrides: Sequence[str], experiment: Experiment) -> Space:
    """The space of a config's sweep; raises InputError with one line for each fault, at its key in the file.

    The ends and the middle of each range are tried, and every choice.
    """
    if experiment.sweep is None:
        example = "sweep: {trials: 20, optimizer.lr: {log: [1e-4, 1e-1]}}"
        raise InputError(
            Problem(f"there is no 'sweep' block that says which keys vary, such as {example}", str(config))
        )
    if "validation" not in experiment.data.parts:
        hint = "trials are chosen on a validation part, and there is none: give data.split.validation"
        raise InputError(Problem(hint, path="sweep"))
    try:
        space = Space(experiment.sweep, resolved(experiment))
        variant = cache(lambda *given: resolved(load(config, [*overrides, *given])))
        faults = [*_conditions(space, resolved(experiment)), *_faults(space, variant)]
        if faults:
            raise InputError(*dict.fromkeys(faults))
        if experiment.sweep.method == "grid":
            space.grid()
    except InputError as error:
        raise InputError(*(_placed(fault, config) for fault in error.problems)) from None
    return space


def _conditions(space: Space, config: Config) -> Iterator[Problem]:
    """Conditions on keys that do not exist, or on values that they never have."""
    varying = {one.key: one for one in space.parameters}
    for parameter in space.parameters:
        for key, wanted in parameter.conditions.items():
            if key not in varying and value_at(config, key) is None:
                hint = did_you_mean(key, [*varying, *config])
                yield Problem(f"when: there is no '{key}', neither here nor in the config; {hint}", path=parameter.key)
            elif key in varying and (choices := varying[key].domain.choices):
                names = [name_of(choice) for choice in choices]
                for value in wanted:
                    if value not in names and value not in choices:
                        hint = did_you_mean(str(value), map(str, names))
                        yield Problem(f"when: '{key}' is never {value}; {hint}", path=parameter.key)


def _faults(space: Space, variant: Callable[..., Config]) -> Iterator[Problem]:
    for parameter in space.parameters:
        if parameter.key.startswith(_FIXED):
            yield Problem("may not vary, or the trials could not be compared", path=parameter.key)
            continue
        needed = _needed(parameter, space)
        try:
            if fault := _other_component(variant(*changes(needed)), parameter.key):
                yield Problem(fault, path=parameter.key)
                continue
            variants = [variant(*changes({**needed, parameter.key: value})) for value in _probes(parameter)]
        except InputError as error:
            yield from (_fault(problem, parameter) for problem in error.problems)
            continue
        if len(variants) > 1 and all(one == variants[0] for one in variants):
            yield Problem("changes nothing in the config", path=parameter.key)
        elif len(variants) > 1 and (other := _undone_by(parameter, space, variant)):
            message = (
                f"has no effect, as '{other}' replaces what it changes; draw one or the other, by a condition: when"
            )
            yield Problem(message, path=parameter.key)


def _needed(parameter: Parameter, space: Space) -> dict[str, Any]:
    """Values of the parameters before this one that let it be drawn."""
    conditions, varying = parameter.conditions, {one.key: one for one in space.parameters}
    found: dict[str, Any] = {}
    for key in conditions:
        if key in varying:
            found |= _needed(varying[key], space) | {key: _matching(varying[key], conditions[key])}
    return {key: found[key] for key in varying if key in found}


def _matching(parameter: Parameter, wanted: Sequence[Any]) -> Any:
    """A value of the parameter that a condition asks for, with its fields if it is a component."""
    choices = parameter.domain.choices or wanted
    return next((one for one in choices if one in wanted or name_of(one) in wanted), wanted[0])


def _probes(parameter: Parameter) -> list[Any]:
    """All choices; else the ends of the range, and a number between them."""
    domain, (low, high) = parameter.domain, parameter.domain.bounds
    if domain.choices is not None:
        return domain.choices
    return [round(low), round(high)] if domain.whole else [low, high, low + 0.618 * (high - low)]


def _undone_by(parameter: Parameter, space: Space, variant: Callable[..., Config]) -> str | None:
    """Another parameter, drawn in the same trial, that makes this one lose its effect."""
    first, second = _probes(parameter)[:2]
    for other in space.parameters:
        needed = _needed(parameter, space) | _needed(other, space)
        both = {**needed, parameter.key: first, other.key: _probes(other)[0]}
        values = {one.key: both[one.key] for one in space.parameters if one.key in both}
        together = other is not parameter and all(
            space.applies(one, {**values, parameter.key: value})
            for one in (parameter, other)
            for value in (first, second)
        )
        if not together:
            continue
        try:
            if variant(*changes(values)) == variant(*changes({**values, parameter.key: second})):
                return other.key
        except InputError:  # these two do not go together, which a trial will say
            continue
    return None


def _other_component(config: Config, key: str) -> str | None:
    """Why a key does not exist: it is one of another component than the config has."""
    slot, value = Slot(Experiment), cast(Any, config)
    steps = path_steps(key)
    for depth, step in enumerate(steps):
        kind = next((branch.kind for branch in filled(slot) if branch.kind), None)
        if kind:
            name = next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else value
            here = registered(kind).get(str(name))
            if step in registered(kind) and here and step != name and step not in here.model_fields:
                place = path_text(steps[:depth])
                return f"'{place}' is '{name}', not '{step}'; to have both, vary it too: {place}: [{name}, {step}]"
            if here and step in here.model_fields:  # the name of the component may be left out
                slot, value = Slot(here), value.get(name) if isinstance(value, Mapping) else None
        found, slot = below(slot, step), below(slot, step) or slot
        value = _child(value, step)
        if found is None or value is None:
            return None
    return None


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(step))
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _fault(problem: Problem, parameter: Parameter) -> Problem:
    """A problem of a variant, blamed on the parameter: it may well lie at another key, that does not fit the value."""
    message = problem.message
    if parameter.domain.log and "whole number" in message:
        message += "; for whole numbers: log_int"
    elif parameter.domain.range and "whole number" in message:
        message += "; for whole numbers: int"
    if path_steps(problem.path)[-1:] != path_steps(parameter.key)[-1:]:
        message = f"{problem.path}: {message}" if problem.path else message
    elif problem.where.startswith("--set ") and not message.startswith("unknown key"):
        message = f"{problem.where.partition('=')[2]}: {message}"
    return Problem(message, path=parameter.key)


def _placed(fault: Problem, config: Path) -> Problem:
    """A fault, at its key in the file."""
    sweep = read_document(read_config(config), str(config)).root.child("sweep")
    node = sweep and (sweep.child(fault.path) or (sweep.child("parameters") or sweep).child(fault.path))
    return replace(fault, where=str(node.key) if node else str(config), path=f"sweep.{fault.path}")
