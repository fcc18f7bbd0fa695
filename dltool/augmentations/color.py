"""Augmentations of what pixels look like, wherever they are."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dltool.augmentations.augmentation import Augmentation
from dltool.registry import register

Amount = Annotated[float, Field(ge=0, le=1)]


@register("augmentation", "color_jitter")
class ColorJitter(Augmentation):
    """Changes brightness, contrast and saturation, each by a draw of its own."""

    idle_by_default = True

    brightness: Amount = Field(default=0.0, description="added at most, either way, as a share of the range of values")
    contrast: Amount = Field(default=0.0, description="stretched about each channel's mean by 1 − this to 1 + this")
    saturation: Amount = Field(default=0.0, description="distance from grey, times 1 − this to 1 + this")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """The three."""
        if self.saturation and shape[2] != 3:
            raise ValueError(f"images of {shape[2]} channel{'s'[: shape[2] > 1]} have no saturation; leave it out")
        return {"brightness": self.brightness, "contrast": self.contrast, "saturation": self.saturation}
