"""The JSON Schema of a config (draft 2020-12), for editors: all keys, names and forms."""

from __future__ import annotations

import json
from inspect import getdoc
from typing import Any

from dltool.config.description import Block, Description
from dltool.config.experiment import Experiment
from dltool.registry import PACKAGES, registered

Schema = dict[str, Any]


def config_schema() -> Schema:
    """The schema of a whole config."""
    definitions: Schema = {}
    top = _block(Experiment, definitions)
    for kind in PACKAGES:
        if kind != "op":
            definitions[kind] = _any_of_a_kind(kind, definitions)
    for block in definitions.values():
        _expand_inline(block, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dltool config",
        **top,
        "patternProperties": {"^x-": {"description": "Free for your own use; ignored by dltool."}},
        "$defs": dict(sorted(definitions.items())),
    }


def _any_of_a_kind(kind: str, definitions: Schema) -> Schema:
    """A bare name, or a mapping from one name to its fields."""
    names: list[Schema] = []
    properties: Schema = {}
    for name, thing in sorted(registered(kind).items()):
        definition = f"{kind}.{name}"
        definitions[definition] = _block(thing, definitions)
        properties[name] = _below_the_name(thing, definition, definitions[definition])
        if not definitions[definition].get("required"):
            names.append({"const": name, "description": getdoc(thing)})
    mapping = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"anyOf": [*names, {**mapping, "minProperties": 1, "maxProperties": 1}]}


def _below_the_name(thing: type[Description], definition: str, fields: Schema) -> Schema:
    """The fields, only the value of the main field, or nothing."""
    forms: list[Schema] = [{"$ref": f"#/$defs/{definition}"}]
    if thing.main_field:
        forms.append(fields["properties"][thing.main_field])
    if not fields.get("required"):
        forms.append({"type": "null"})
    return {"description": getdoc(thing), "anyOf": forms}


def _block(block: type[Block], definitions: Schema) -> Schema:
    """The mapping of a block's fields; the blocks it refers to go into `definitions`."""
    schema = block.model_json_schema()
    definitions.update({name: _finished(nested) for name, nested in schema.pop("$defs", {}).items()})
    return _finished(schema)


def _finished(schema: Schema) -> Schema:
    """pydantic's schema, with the marks of components and of framework defaults replaced by standard keywords."""
    finished: Schema = {}
    for key, value in schema.items():
        match key:
            case "title" | "by_compat":
                continue
            case "component":
                finished["$ref"] = f"#/$defs/{value}"
            case "properties":
                finished[key] = {name: _finished(field) for name, field in value.items()}
            case "anyOf":
                finished[key] = [_finished(form) for form in value]
            case "items" | "additionalProperties" if isinstance(value, dict):
                finished[key] = _finished(value)
            case _:
                finished[key] = value
    if by_compat := schema.get("by_compat"):
        defaults = ", ".join(f"{framework} {json.dumps(default)}" for framework, default in by_compat.items())
        finished["description"] = f"{schema.get('description', '')} (default with compat: {defaults})".lstrip()
    return finished


def _expand_inline(block: Schema, definitions: Schema) -> None:
    """Replace an inline field with the names of all components that it can hold."""
    field = block.pop("inline", None)
    if field is None:
        return
    kind = block["properties"].pop(field)["$ref"].rpartition("/")[2]
    things = definitions[kind]["anyOf"][-1]["properties"]
    block["properties"] = {**things, **block["properties"]}
    block["required"].remove(field)
    block["oneOf"] = [{"required": [name]} for name in things]
