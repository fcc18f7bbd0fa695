"""`dltool list [KIND]`: what a config can name; for a single component, its fields."""

from __future__ import annotations

import json
from inspect import getdoc
from typing import Any

from dltool.cli.screen.table import write_table
from dltool.config.description import Description, compat_defaults
from dltool.config.experiment import FRAMEWORKS
from dltool.config.slots import field_slot
from dltool.config.words import expected
from dltool.errors import InputError, nearest
from dltool.registry import PACKAGES, registered

KINDS = [kind for kind in PACKAGES if kind != "op"]


def list_things(name: str | None) -> None:
    """List all kinds, one kind, or one component; raises InputError for an unknown name."""
    kinds = {word: kind for kind in KINDS for word in (kind, f"{kind}s", f"{kind}es")}
    if name is None or name in kinds:
        for kind in KINDS if name is None else [kinds[name]]:
            things = registered(kind)
            write_table(kind, ("", ""), [(thing, _summary(things[thing])) for thing in sorted(things)])
        return
    found = [kind for kind in KINDS if name in registered(kind)]
    if not found:
        near = nearest(name, [*KINDS, *(thing for kind in KINDS for thing in registered(kind))])
        hint = f"did you mean '{near}'?" if near else f"kinds: {', '.join(KINDS)}"
        raise InputError(f"unknown name '{name}'; {hint}")
    for kind in found:
        thing = registered(kind)[name]
        header = ("key", "value", "default", "") if thing.model_fields else ("",)
        write_table(f"{kind} {name}: {_summary(thing)}", header, _fields(thing) or [("no keys",)])


def _summary(thing: type[Description]) -> str:
    return (getdoc(thing) or "").partition("\n")[0]


def _fields(thing: type[Description]) -> list[tuple[str, ...]]:
    """Name (starred for the main field), allowed values, default, and description."""
    return [
        (
            f"{name} *" if name == thing.main_field else name,
            expected(field_slot(thing, name)),
            "required" if field.is_required() else _defaults(thing, name),
            field.description or "",
        )
        for name, field in thing.model_fields.items()
    ]


def _defaults(thing: type[Description], name: str) -> str:
    """The default, and the frameworks' defaults if they differ."""
    default = _plain(thing.model_fields[name].default)
    compat = {framework: compat_defaults(thing, framework) for framework in FRAMEWORKS}
    other = [f"{framework} {_plain(values[name])}" for framework, values in compat.items() if name in values]
    return f"{default} ({', '.join(other)})" if other else default


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
