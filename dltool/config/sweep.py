"""The `sweep` block: which keys of the config vary, over which values, and for how long `dltool sweep` tries them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from dltool.config.description import Block

Bounds = Annotated[list[float], Field(min_length=2, max_length=2)]
WholeBounds = Annotated[list[int], Field(min_length=2, max_length=2)]
Points = Annotated[int, Field(ge=2)]

#: the fields of a domain that say which values there are
KINDS = ("log", "range", "int", "log_int", "choices")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LENGTH_OF_TIME = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")


def seconds_in(time: str | float) -> float:
    """The seconds in a length of time such as 90s, 30m, 1h30m or 2d; a number is seconds already."""
    if not isinstance(time, str):
        return float(time)
    return sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"([\d.]+)([smhd])", time))


def _length_of_time(text: str) -> str:
    if not _LENGTH_OF_TIME.fullmatch(text) or not seconds_in(text):
        raise ValueError(f"'{text}' is no length of time; write 90s, 30m, 1h30m or 2d")
    return text


def _or_a_list(schema: dict[str, Any]) -> None:
    """A domain may also be written as the list of its choices."""
    mapping = {key: schema.pop(key) for key in ("type", "properties", "additionalProperties") if key in schema}
    schema["anyOf"] = [{"type": "array", "minItems": 1}, mapping]


class Domain(Block):
    """The values that a key may take: numbers between two bounds, or choices."""

    model_config = ConfigDict(json_schema_extra=_or_a_list)

    log: Bounds | None = Field(default=None, description="numbers, drawn evenly on a logarithmic scale")
    range: Bounds | None = Field(default=None, description="numbers, drawn evenly")
    int: WholeBounds | None = Field(default=None, description="whole numbers, both bounds included")
    log_int: WholeBounds | None = Field(default=None, description="whole numbers on a logarithmic scale")
    choices: list[Any] | None = Field(default=None, min_length=1, description="any values; a list alone says the same")
    step: PositiveFloat | None = Field(default=None, description="distance between the values of `range` or `int`")
    points: Points | None = Field(default=None, description="how many values a grid takes from a range of numbers")
    when: dict[str, Any] = Field(
        default={}, description="draw this key only if other keys have these values, such as {optimizer: sgd}"
    )

    @model_validator(mode="before")
    @classmethod
    def _a_list_holds_choices(cls, data: Any) -> Any:
        if isinstance(data, list):
            return {"choices": data}
        if isinstance(data, Mapping):
            _refuse_other_forms(data)
        if data is None or isinstance(data, Mapping | Domain):
            return data
        raise ValueError(f"expected a list of choices, or a mapping such as {{log: [1e-4, 1e-1]}}, got {data!r}")

    @model_validator(mode="after")
    def _describes_values(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            found = f"both '{given[0]}' and '{given[1]}'" if given else "none of them"
            raise ValueError(f"expected one of {', '.join(KINDS)}; got {found}")
        if given != ["choices"]:
            low, high = self.bounds
            if not low < high:
                raise ValueError(f"the first bound must be below the second, got [{low:g}, {high:g}]")
            if self.logarithmic and low <= 0:
                raise ValueError(f"a logarithmic scale begins above 0, got {low:g}")
        elif any(one in self.choices[:place] for place, one in enumerate(self.choices or ())):  # type: ignore[index]
            raise ValueError("a choice is in the list twice")
        if self.step is not None:
            if given[0] not in ("range", "int"):
                raise ValueError("'step' goes with 'range' or 'int'")
            if self.whole and not self.step.is_integer():
                raise ValueError(f"the step between whole numbers is one too, got {self.step:g}")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest number."""
        low, high = self.log or self.range or self.int or self.log_int or (0, 0)
        return low, high

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return self.int is not None or self.log_int is not None

    @property
    def logarithmic(self) -> bool:
        """Whether the values are drawn on a logarithmic scale."""
        return self.log is not None or self.log_int is not None


def _refuse_other_forms(data: Mapping[str, Any]) -> None:
    """Raises ValueError for keys that are nested, and for bounds as other tools write them."""
    for name, value in data.items():
        if isinstance(value, Mapping) and not set(data) & set(Domain.model_fields):
            raise ValueError(f"write the key in one piece, up to what varies: …{name}.KEY: {{log: [1e-4, 1e-1]}}")
    if {"min", "max"} & set(data):
        low, high = data.get("min", "MIN"), data.get("max", "MAX")
        raise ValueError(f"write both bounds as a list: {{range: [{low}, {high}]}}, or log, int or log_int")


def _any_path(schema: dict[str, Any]) -> None:
    """Every key that is not a setting is the path of a key that varies."""
    schema["additionalProperties"] = schema["properties"]["parameters"]["additionalProperties"]


class Sweep(Block):
    """Trials with different values of some keys, for `dltool sweep`."""

    model_config = ConfigDict(json_schema_extra=_any_path)
    keys_are_paths: ClassVar[bool] = True

    trials: PositiveInt | None = Field(
        default=None,
        description="number of trials, of which the first is the config as written; by default 30, as many as fit"
        " into `time`, or all points of a grid",
    )
    time: PositiveFloat | Annotated[str, AfterValidator(_length_of_time)] | None = Field(
        default=None, description="no trial begins after this time, such as 90s, 30m or 1h30m"
    )
    method: Literal["tpe", "random", "grid"] = Field(
        default="tpe", description="tpe: learns from earlier trials where good values are; grid: all combinations"
    )
    pruning: Literal["median", "asha", "hyperband", "none"] | None = Field(
        default=None,
        description="which trials to stop early, by the metric that decides which epoch is best; by default those below"
        " the median, and none of a grid",
    )
    parameters: dict[str, Domain] = Field(
        default={}, description="values by key, as --set names keys; they may also stand in `sweep` itself"
    )

    @model_validator(mode="before")
    @classmethod
    def _paths_are_parameters(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("parameters", {}), Mapping):
            return data
        paths = {key for key, value in data.items() if key not in cls.model_fields and _is_path(key, value)}
        others = {key: value for key, value in data.items() if key not in paths}
        given = {**data.get("parameters", {}), **{key: data[key] for key in data if key in paths}}
        return {**others, "parameters": given}

    @model_validator(mode="after")
    def _something_varies(self) -> Self:
        if not self.parameters:
            raise ValueError("no key varies; give one, such as optimizer.lr: {log: [1e-4, 1e-1]}")
        return self


def pruning_of(sweep: Sweep) -> str:
    """Which trials are stopped early: every point of a grid is wanted, unless the config says otherwise."""
    return sweep.pruning or ("none" if sweep.method == "grid" else "median")


def as_written(sweep: Sweep) -> dict[str, Any]:
    """The block as plain data, with its keys among its settings."""
    plain = sweep.model_dump(mode="json", exclude_defaults=True)
    parameters = plain.pop("parameters")
    return {**plain, **{key: one["choices"] if list(one) == ["choices"] else one for key, one in parameters.items()}}


def _is_path(key: str, value: Any) -> bool:
    """Whether a key of the block is meant as a path, not as a setting of the sweep."""
    return "." in key or "[" in key or isinstance(value, list | Mapping)
