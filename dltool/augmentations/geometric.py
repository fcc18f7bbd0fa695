"""Augmentations that move pixels; pixels from outside the image are black."""

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
    """Pads images, then crops them to their size at a random position (He et al. 2016)."""

    padding: PositiveInt = Field(default=4, description="pixels on each side")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """The padding in pixels."""
        if self.padding >= min(shape[:2]):
            raise ValueError(
                f"padding by {self.padding} can move all of an image of {shape[0]} × {shape[1]} out of view"
            )
        return {"crop": self.padding}


@register("augmentation", "random_flip", main="direction")
class RandomFlip(Augmentation):
    """Flips images with a probability of 0.5."""

    direction: Literal["horizontal", "vertical", "both"] = Field(
        default="horizontal",
        description="horizontal: left becomes right; both: each direction with a probability of 0.5",
    )

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """The directions to flip in."""
        names = ("horizontal", "vertical") if self.direction == "both" else (self.direction,)
        return dict.fromkeys(names, 1)


@register("augmentation", "random_rotation", main="degrees")
class RandomRotation(Augmentation):
    """Rotates images about their center."""

    degrees: Degrees = Field(description="largest angle, in either direction")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """The angle in radians."""
        return {"rotate": radians(self.degrees)}


@register("augmentation", "random_affine")
class RandomAffine(Augmentation):
    """Rotates, translates, scales and shears images."""

    idle_by_default = True

    rotate: Degrees = Field(default=0.0, description="largest angle in degrees, in either direction")
    translate: Share | Annotated[list[Share], Field(min_length=2, max_length=2)] = Field(
        default=0.0,
        description="largest distance as a share of the image's size, in any direction, or [vertical, horizontal]",
    )
    scale: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)] = Field(
        default=[1.0, 1.0], description="smallest and largest factor"
    )
    shear: Annotated[float, Field(ge=0, lt=90)] = Field(
        default=0.0, description="largest angle in degrees, in either direction"
    )

    @field_validator("scale")
    @classmethod
    def _ascends(cls, scale: list[float]) -> list[float]:
        if scale[0] > scale[1]:
            raise ValueError(f"expected the smallest factor first, got {scale}")
        return scale

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Angle in radians, translations as shares of the size, scale factors, and the tangent of the shear."""
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
    """Sets a square at a random position to black (DeVries and Taylor 2017)."""

    size: PositiveInt = Field(description="side of the square in pixels")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """The side of the square in pixels."""
        if self.size > min(shape[:2]):
            raise ValueError(f"a square of {self.size} does not fit images of {shape[0]} × {shape[1]}")
        return {"cutout": self.size}
