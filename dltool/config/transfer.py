"""What a training takes over from another one: the block `init_from`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dltool.config.description import Block

#: names of parameters, in which * stands for any characters
Patterns = str | list[str]


class InitFrom(Block):
    """Parameters of another training to start from, with the running statistics of their layers."""

    checkpoint: str = Field(description="checkpoint, directory of a run, or any safetensors file")
    parameters: Patterns | None = Field(
        default=None,
        description="names in the checkpoint, such as dense_1.weight or conv2d_*, where * stands for any characters;"
        " without them everything that fits by name and shape",
    )
    rename: dict[str, str] = Field(
        default={}, description="names in the checkpoint: names here, such as backbone.*: features.*"
    )

    match: Literal["names", "positions"] = Field(
        default="names",
        description="names: in layers with an input for each column or word, or an output for each class or target,"
        " only parameters for names that both trainings have are taken; positions: all are taken in order",
    )

    @property
    def patterns(self) -> list[str]:
        """The names to take over; none for everything that fits."""
        return listed(self.parameters or [])

    @model_validator(mode="after")
    def _stars_stand_for_the_same(self) -> Self:
        for old, new in self.rename.items():
            if old.count("*") != new.count("*"):
                raise ValueError(f"'{old}' and '{new}' must have the same number of *")
        return self


def listed(patterns: Patterns) -> list[str]:
    """Patterns as a list."""
    return [patterns] if isinstance(patterns, str) else patterns
