"""The block `data` of a config: where samples come from, and how they are divided into parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from dltool.config.amounts import Amount
from dltool.config.columns import ColumnName
from dltool.config.components import Feature, Scaling, Source
from dltool.config.description import Block, Choice, Description, by_compat, written
from dltool.registry import registered

PARTS = ("train", "validation", "test")

Fraction = Annotated[float, Field(ge=0, lt=1)]
Seed = NonNegativeInt  # 64 bits, as every number in a config


class Rows(Choice):
    """Rows from one end of the file, or of time series from a time on."""

    first: PositiveInt | None = None
    last: PositiveInt | None = None
    since: str | int | float | None = Field(
        default=None, description="time; targets from there on, up to those of the next part, all in this one"
    )


Cells = str | int | Annotated[list[str | int], Field(min_length=1)]


class PartColumn(Block):
    """A column whose cells name the part of each row; a part that is null here is split off the training rows."""

    name: ColumnName
    train: Cells = Field(default="train", description="cell, or cells, of training rows")
    validation: Cells | None = "validation"
    test: Cells | None = "test"

    def cells(self, part: str) -> list[str]:
        """The cells that name a part, as text."""
        given = getattr(self, part)
        return [str(cell) for cell in (given if isinstance(given, list) else [given] if given is not None else [])]


class Fold(Block):
    """One fold of a cross-validation, in which each fold is the validation part once."""

    number: PositiveInt
    of: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.number > self.of:
            raise ValueError(f"there is no fold {self.number} of {self.of}")
        return self


class SplitConfig(Block):
    """How the rows of one source are divided into parts: at random, by a column, or by their place in the file."""

    train: Rows | None = Field(default=None, description="training rows; by default all rows that no other part takes")
    validation: Fraction | Rows = Field(default=0.2, description="share of all rows, or rows from one end of the file")
    test: Fraction | Rows = Field(default=0.0, description="share of all rows, or rows from one end of the file")
    stratify: bool | Literal["auto"] = Field(
        default="auto",
        description="keep the share of every class the same in all parts; auto: if rows with classes are drawn at"
        " random, and every class has at least one row for each part",
    )
    group: ColumnName | None = Field(default=None, description="column; rows with equal cells in it stay in one part")
    time: ColumnName | None = Field(
        default=None, description="column; the latest rows are the test part, the rows before them the validation part"
    )
    column: ColumnName | PartColumn | None = Field(
        default=None, description="column that holds train, validation or test, or a mapping of its cells to parts"
    )
    fold: Fold | None = Field(
        default=None,
        description="the fold to validate on, such as {number: 1, of: 5}; the test part is set apart first",
    )
    seed: Seed = 0

    @property
    def part_column(self) -> PartColumn | None:
        """The column that names parts."""
        return PartColumn(name=self.column) if isinstance(self.column, str) else self.column

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns needed to divide the rows."""
        named = self.part_column.name if self.part_column else None
        return tuple(dict.fromkeys(name for name in (self.group, self.time, named) if name))

    def fraction(self, part: str) -> float:
        """The share of all rows to draw for a part; 0 if there is no such part or it is not drawn."""
        wish = getattr(self, part)
        if self.names(part) or isinstance(wish, Rows) or (part == "validation" and self.fold):
            return 0.0
        return wish or 0.0

    @property
    def draws(self) -> bool:
        """Whether any part is drawn: as a share of the rows, or as a fold."""
        return self.fold is not None or any(self.fraction(part) for part in PARTS[1:])

    def names(self, part: str) -> bool:
        """Whether the cells of a column name the rows of a part."""
        return bool(self.part_column and getattr(self.part_column, part))

    def gives(self, part: str) -> bool:
        """Whether there is such a part."""
        return self.names(part) or bool(getattr(self, part)) or (part == "validation" and self.fold is not None)


class DataConfig(Block):
    """Where samples come from and how they are divided; the key of the source is its name, such as `table`."""

    inline_field: ClassVar[str | None] = "source"

    source: Source
    validation: Source | None = Field(
        default=None, description="a separate source; then nothing is split off the main one"
    )
    test: Source | None = Field(default=None, description="a separate source; then nothing is split off the main one")
    split: SplitConfig = written({})
    features: dict[ColumnName, Feature] = Field(
        default={}, description="kind of feature of table columns, by name or pattern; inferred for all others"
    )
    scaling: Scaling | None = Field(
        default=None,
        description="of the features; by default bytes are divided by 255 and table columns standardized",
    )
    target_scaling: Scaling | None = by_compat(
        None,
        keras="none",
        torch="none",
        mxnet="none",
        description="of numeric targets during training; everything shown except the loss is in the original units."
        " By default targets from a table are standardized",
    )
    memory: Amount | None = Field(
        default=None,
        description="memory for prepared samples, such as 2GB; larger data is kept on disk and read as needed, in the"
        " same order. By default half of the free memory",
    )

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that this data has, "train" first."""
        return ("train", *(part for part in PARTS[1:] if getattr(self, part) or self.split.gives(part)))

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or isinstance(data.get("source"), Description):
            return data
        given = [key for key in data if key in registered("source")]
        if len(given) > 1:
            raise PydanticCustomError("many_sources", "more than one source", {"names": given})
        # otherwise, take an unknown key as the name of a source
        given = given or [key for key in data if key == "source" or key not in cls.model_fields]
        if not given:
            return data
        rest = {key: value for key, value in data.items() if key != given[0]}
        return {"source": {given[0]: data[given[0]]}, **_without_double_parts(rest)}

    @model_serializer(mode="wrap")
    def _to_yaml(self, write: Any) -> dict[str, Any]:
        fields = write(self)
        source = fields.pop("source")
        return {**(source if isinstance(source, dict) else {source: {}}), **fields}


def _without_double_parts(data: dict[str, Any]) -> dict[str, Any]:
    # a part with a separate source is not split off the main one, unless the user asks for it: a rule reports that
    split = data.get("split") or {}
    if not isinstance(split, Mapping):
        return data
    own = {part: 0.0 for part in PARTS[1:] if data.get(part) is not None}
    return {**data, "split": {**own, **split}}
