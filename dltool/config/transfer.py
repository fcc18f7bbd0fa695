"""What a training takes over from another: the block `init_from`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from dltool.config.description import Block

#: names of parameters, in which * stands for any characters
Patterns = str | list[str]


class InitFrom(Block):
    """Parameters of another training to start from, and the running statistics of their layers."""

    checkpoint: str = Field(description="checkpoint, directory of a run, or any safetensors file")
    parameters: Patterns | None = Field(
        default=None,
        description="names in the checkpoint, such as dense_1.weight or conv2d_*, where * stands for any characters;"
        " without them everything that fits by name and shape",
    )
    rename: dict[str, str] = Field(
        default={}, description="names in the checkpoint, and what they are here, such as backbone.*: features.*"
    )

    match: Literal["names", "positions"] = Field(
        default="names",
        description="names: of a layer that reads columns or words, or tells classes or targets, only what is called"
        " the same here and there is taken; positions: all of it, in the order in which it stands",
    )

    @property
    def patterns(self) -> list[str]:
        """The names to take over; none for everything that fits."""
        return listed(self.parameters or [])

    @model_validator(mode="after")
    def _stars_stand_for_the_same(self) -> Self:
        for old, new in self.rename.items():
            if old.count("*") != new.count("*"):
                raise ValueError(f"'{old}' and '{new}' must have equally many *")
        return self


def listed(patterns: Patterns) -> list[str]:
    """Patterns as a list."""
    return [patterns] if isinstance(patterns, str) else patterns
