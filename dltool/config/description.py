"""The base classes of everything a user can write in YAML: frozen, strict, typed mappings.

A `Block` is a mapping with fixed keys. A `Description` is a block registered under a name; it may be written as a bare
name, as `name: {fields}`, or as `name: value` for its main field. `Component(kind)` marks a field that holds a
registered component; `by_compat` declares a default that depends on the framework that the config imitates.
A YAML list fills a `list`, or a tuple declared `Annotated[tuple[int, ...], Field(strict=False)]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, model_serializer, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from dltool.registry import registered


def _note_inline_field(schema: dict[str, Any], block: type[Any]) -> None:
    if block.inline_field:
        schema["inline"] = block.inline_field


class Block(BaseModel):
    """A mapping with fixed, typed keys; a missing value is an empty mapping."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,  # a run uses only a few of the classes
        json_schema_extra=_note_inline_field,
    )

    #: a field whose component is written directly in the block, with the component's name as the key
    inline_field: ClassVar[str | None] = None
    #: fields that have no effect if another field has a certain value: field → (other field, value)
    idle: ClassVar[Mapping[str, tuple[str, Any]]] = {}
    #: whether keys that are not fields are paths into the config, such as `optimizer.lr`
    keys_are_paths: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _fill_defaults_of_the_imitated_framework(cls, data: Any, info: ValidationInfo) -> Any:
        if data is None:
            data = {}
        compat = (info.context or {}).get("compat")
        if compat is None or not isinstance(data, Mapping):
            return data
        return {**compat_defaults(cls, compat), **data}


class Choice(Block):
    """A mapping with exactly one of its keys."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_dump()) != 1:
            raise PydanticCustomError("not_one_choice", "expected exactly one key", {})
        return self

    @model_serializer(mode="plain")
    def _only_the_chosen(self) -> dict[str, Any]:
        return {name: value for name, value in self if value is not None}


class Description(Block):
    """A component that a config can name; its fields describe it completely."""

    yaml_name: ClassVar[str]
    main_field: ClassVar[str | None] = None

    def resolved(self) -> str | dict[str, Any]:
        """All fields as plain YAML data under the component's name; just the name if it has no fields."""
        return {self.yaml_name: self.model_dump()} if type(self).model_fields else self.yaml_name


def by_compat(default: Any, *, keras: Any = None, torch: Any = None, mxnet: Any = None, **constraints: Any) -> Any:
    """A field whose default is `default`, or the default of the framework that the config's `compat` names."""
    given = {"keras": keras, "torch": torch, "mxnet": mxnet}
    chosen = {name: value for name, value in given.items() if value is not None}
    return Field(default=default, json_schema_extra={"by_compat": chosen}, **constraints)


def written(default: Any, **constraints: Any) -> Any:
    """A field whose default is given in the form a user would write: a component's name or a block's mapping."""
    return Field(default=default, **constraints)


def compat_defaults(block: type[Block], compat: str) -> dict[str, Any]:
    """The defaults of a block that differ when a framework is imitated."""
    defaults: dict[str, Any] = {}
    for name, field in block.model_fields.items():
        extra = field.json_schema_extra
        chosen = extra.get("by_compat") if isinstance(extra, dict) else None
        if isinstance(chosen, dict) and compat in chosen:
            defaults[name] = chosen[compat]
    return defaults


@dataclass(frozen=True)
class Component:
    """Annotation of a field that holds a registered component: `Annotated[Description, Component("loss")]`."""

    kind: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        write = core_schema.plain_serializer_function_ser_schema(_written)
        return core_schema.with_info_plain_validator_function(self._validate, serialization=write)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        # not a reference yet: pydantic would follow it, and only `schema` knows all components of a kind
        return {"component": self.kind}

    def _validate(self, value: Any, info: ValidationInfo) -> Description:
        if isinstance(value, Description):
            return value
        name, fields = self._split(value)
        things = registered(self.kind)
        if name not in things:
            raise PydanticCustomError("unknown_component", "unknown name", {"kind": self.kind, "name": name})
        thing: type[Description] = things[name]
        if not isinstance(fields, Mapping):
            if thing.main_field is None:
                raise PydanticCustomError("no_main_field", "takes no single value", {"kind": self.kind, "name": name})
            fields = {thing.main_field: fields}
        try:
            return thing.model_validate(fields, context=info.context)
        except ValidationError as error:
            raise _under(name, error) from None

    def _split(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, str):
            return value, {}
        if isinstance(value, Mapping) and len(value) == 1:
            ((name, fields),) = value.items()
            return str(name), {} if fields is None else fields
        raise PydanticCustomError("not_a_component", "expected a name, or 'name: …'", {"kind": self.kind})


def _written(thing: Any) -> Any:
    # defaults are still plain data when the JSON schema is generated
    return thing.resolved() if isinstance(thing, Description) else thing


_BUILT_IN_ERRORS = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error"}


def _under(name: str, error: ValidationError) -> ValidationError:
    """The same errors, with the component's name in front of each location."""
    details: list[InitErrorDetails] = []
    for line in error.errors(include_url=False):
        context = dict(line.get("ctx", {}))
        kind: Any = line["type"]
        if kind not in _BUILT_IN_ERRORS:
            context["reason"] = str(context.pop("error", context.get("reason", line["msg"])))
            kind = PydanticCustomError(kind, "{reason}", context)
        details.append(InitErrorDetails(type=kind, loc=(name, *line["loc"]), input=line["input"], ctx=context))
    return ValidationError.from_exception_data(error.title, details)
