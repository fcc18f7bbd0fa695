"""Augmentations that move pixels; what comes from outside the image is black."""

from __future__ import annotations

from math import radians, tan
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, field_validator

from dltool.augmentations.augmentation import Augmentation
from dltool.registry import register

Share = Annotated[float, Field(ge=0, lt=1)]
Degrees = Annotated[float, Field(ge=0, le=180)]


@register("augmentation", "random_crop", main="padding")
class RandomCrop(Augmentation):
    """Pads images and cuts their size out again anywhere: moves them by whole pixels (He et al. 2016)."""

    padding: PositiveInt = Field(default=4, description="pixels on each side")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Pixels to move by."""
        if self.padding >= min(shape[:2]):
            raise ValueError(f"padding by {self.padding} can move an image of {shape[0]} × {shape[1]} out of sight")
        return {"crop": self.padding}


@register("augmentation", "random_flip", main="direction")
class RandomFlip(Augmentation):
    """Mirrors every second image."""

    direction: Literal["horizontal", "vertical", "both"] = Field(
        default="horizontal", description="horizontal: left becomes right; both: each by a draw of its own"
    )

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """One of the two, or both."""
        names = ("horizontal", "vertical") if self.direction == "both" else (self.direction,)
        return dict.fromkeys(names, 1)


@register("augmentation", "random_rotation", main="degrees")
class RandomRotation(Augmentation):
    """Turns images about their middle."""

    degrees: Degrees = Field(description="at most, either way")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Radians."""
        return {"rotate": radians(self.degrees)}


@register("augmentation", "random_affine")
class RandomAffine(Augmentation):
    """Turns, moves, enlarges and shears images."""

    idle_by_default = True

    rotate: Degrees = Field(default=0.0, description="degrees at most, either way")
    translate: Share | Annotated[list[Share], Field(min_length=2, max_length=2)] = Field(
        default=0.0, description="share of the size at most, either way, or [down, right]"
    )
    scale: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)] = Field(
        default=[1.0, 1.0], description="least and largest factor"
    )
    shear: Annotated[float, Field(ge=0, lt=90)] = Field(default=0.0, description="degrees at most, either way")

    @field_validator("scale")
    @classmethod
    def _ascends(cls, scale: list[float]) -> list[float]:
        if scale[0] > scale[1]:
            raise ValueError(f"expected the least factor first, got {scale}")
        return scale

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Radians, shares, factors and a tangent."""
        down, right = self.translate if isinstance(self.translate, list) else (self.translate, self.translate)
        turn = {"rotate": radians(self.rotate)} if self.rotate else {}
        low, high = self.scale
        return {
            **turn,
            "down": down,
            "right": right,
            "scale_low": low,
            "scale_high": high,
            "shear": tan(radians(self.shear)),
        }


@register("augmentation", "cutout", main="size")
class Cutout(Augmentation):
    """Blackens a square anywhere (DeVries and Taylor 2017)."""

    size: PositiveInt = Field(description="pixels of a side")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Pixels."""
        if self.size > min(shape[:2]):
            raise ValueError(f"a square of {self.size} does not fit images of {shape[0]} × {shape[1]}")
        return {"cutout": self.size}
