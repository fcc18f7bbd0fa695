"""pydantic's errors as lines that a user can act on: position, path, what is allowed, and a hint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dltool.config.description import Block, Description
from dltool.config.hints import hint, not_one
from dltool.config.names import meant_key, unknown_key, unknown_name
from dltool.config.node import Node, Path, Place, path_text
from dltool.config.slots import Slot, allowed_keys, field_slot, inline_names
from dltool.config.spots import Spot, spot_of
from dltool.config.words import a, either, expected, shown
from dltool.errors import Problem, did_you_mean
from dltool.registry import registered

#: a problem and its position, for sorting
Placed = tuple[Place, Problem]


def placed(place: Place, path: Path, message: str) -> Placed:
    """A problem with its position and path."""
    return place, Problem(message, str(place), path_text(path))


def explain(error: ValidationError, root: Node, top: type[Block]) -> list[Placed]:
    """All problems of the config at `root`, one for each cause."""
    problems: list[Placed] = []
    unions: dict[Path, list[Fault]] = defaultdict(list)
    faults = [_fault(line, root, top) for line in error.errors(include_url=False)]
    misspelled = {(fault.spot.path, fault.meant) for fault in faults if fault.type == "extra_forbidden"}
    for fault in faults:
        if fault.type == "missing" and (fault.spot.path, fault.key) in misspelled:
            continue
        if fault.spot.union:
            unions[fault.spot.union.path].append(fault)
        else:
            problems.append(fault.explained())
    for faults in unions.values():
        problems += _of_a_union(faults)
    return list(dict.fromkeys(problems))


def _of_a_union(faults: list[Fault]) -> list[Placed]:
    """Faults of the alternative that matches the form of the value; else one line for all alternatives."""
    chosen = {fault.spot.branch for fault in faults if fault.within}
    if len(chosen) != 1:
        union = faults[0].spot.union
        return [mismatch(union)] if union else []
    return [fault.explained() for fault in faults if fault.spot.branch in chosen]


@dataclass(frozen=True)
class Fault:
    """One of pydantic's errors, and where the user caused it."""

    spot: Spot
    type: str
    key: str  # that is missing or unknown, else empty
    context: Mapping[str, Any]
    top: type[Block]

    @property
    def block(self) -> type[Block]:
        """The block at fault, or around it."""
        return self.spot.slot.block or self.top

    @property
    def meant(self) -> str | None:
        """The key that an unknown key is a misspelling of, if any."""
        return meant_key(self.key, allowed_keys(self.block))

    @property
    def within(self) -> bool:
        """Whether the fault is inside a value whose overall form is right."""
        union = self.spot.union
        return self.type in _EXPLANATIONS or (union is not None and len(self.spot.path) > len(union.path))

    def explained(self) -> Placed:
        """The problem in words."""
        explanation = _EXPLANATIONS.get(self.type)
        return explanation(self) if explanation else mismatch(self.spot)


def _fault(line: Mapping[str, Any], root: Node, top: type[Block]) -> Fault:
    location = line["loc"]
    about_a_key = line["type"] in ("missing", "extra_forbidden")
    spot = spot_of(root, Slot(top), location[:-1] if about_a_key else location)
    return Fault(spot, line["type"], str(location[-1]) if about_a_key else "", line.get("ctx", {}), top)


def mismatch(spot: Spot) -> Placed:
    """The problem of a value that has the wrong type or is out of range."""
    advice = hint(spot.slot, spot.node)
    message = f"expected {expected(spot.slot)}, got {shown(spot.node)}" + (f"; {advice}" if advice else "")
    return placed(spot.node.place, spot.path, message)


def _missing(fault: Fault) -> Placed:
    spot, block = fault.spot, fault.block
    if fault.key == block.inline_field:
        kind = field_slot(block, fault.key).kind
        return placed(
            spot.node.key, spot.path, f"a {kind} is missing; allowed: {', '.join(sorted(inline_names(block)))}"
        )
    slot = field_slot(block, fault.key)
    wanted = expected(slot) + (f"; {did_you_mean('', registered(slot.kind))}" if slot.kind else "")
    who = f"'{block.yaml_name}' needs '{fault.key}'" if issubclass(block, Description) else f"'{fault.key}' is missing"
    return placed(spot.node.key, spot.path, f"{who}; expected {wanted}")


def _unknown_key(fault: Fault) -> Placed:
    spot, key = fault.spot, fault.key
    message = f"unknown key; {unknown_key(key, fault.block, fault.top)}"
    return placed(_key_place(spot, key), (*spot.path, key), message)


def _unknown_name(fault: Fault) -> Placed:
    kind, name = fault.context["kind"], fault.context["name"]
    return placed(_key_place(fault.spot, name), fault.spot.path, f"unknown {kind} '{name}'; {unknown_name(name, kind)}")


def _no_main_field(fault: Fault) -> Placed:
    name = fault.context["name"]
    keys = allowed_keys(registered(fault.context["kind"])[name])
    node = fault.spot.node.child(name) or fault.spot.node
    advice = f"its keys: {', '.join(keys)}" if keys else "write its name alone"
    return placed(node.place, (*fault.spot.path, name), f"'{name}' takes no single value, got {shown(node)}; {advice}")


def _not_a_component(fault: Fault) -> Placed:
    spot, kind = fault.spot, fault.context["kind"]
    got = not_one(spot.node, kind, in_a_list=isinstance(spot.path[-1], int))
    return placed(spot.node.place, spot.path, f"expected {a(kind)}, got {got}")


def _not_one_choice(fault: Fault) -> Placed:
    spot = fault.spot
    keys = either([f"'{key}'" for key in fault.block.model_fields])
    return placed(spot.node.place, spot.path, f"expected exactly one key, {keys}")


def _many_sources(fault: Fault) -> Placed:
    first, second, *_ = fault.context["names"]
    return placed(
        _key_place(fault.spot, second), fault.spot.path, f"two sources, '{first}' and '{second}'; keep one of them"
    )


def _said_by_a_validator(fault: Fault) -> Placed:
    said = fault.context.get("error", fault.context.get("reason"))
    return placed(fault.spot.node.place, fault.spot.path, str(said))


def _key_place(spot: Spot, key: str) -> Place:
    child = spot.node.child(key)
    return child.key if child else spot.node.place


_EXPLANATIONS: Mapping[str, Callable[[Fault], Placed]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "unknown_component": _unknown_name,
    "no_main_field": _no_main_field,
    "not_a_component": _not_a_component,
    "not_one_choice": _not_one_choice,
    "many_sources": _many_sources,
    "value_error": _said_by_a_validator,
    "assertion_error": _said_by_a_validator,
}
