"""Augmentations that change the colors of pixels and leave them where they are."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dltool.augmentations.augmentation import Augmentation
from dltool.registry import register

Amount = Annotated[float, Field(ge=0, le=1)]


@register("augmentation", "color_jitter")
class ColorJitter(Augmentation):
    """Changes brightness, contrast and saturation by independent random amounts."""

    idle_by_default = True

    brightness: Amount = Field(
        default=0.0, description="largest amount to add or subtract, as a share of the range of values"
    )
    contrast: Amount = Field(
        default=0.0, description="differences from the channel's mean are multiplied by 1 − this to 1 + this"
    )
    saturation: Amount = Field(default=0.0, description="differences from gray are multiplied by 1 − this to 1 + this")

    def attributes(self, shape: tuple[int, int, int]) -> dict[str, Any]:
        """Brightness, contrast and saturation."""
        if self.saturation and shape[2] != 3:
            raise ValueError(f"images of {shape[2]} channel{'s'[: shape[2] > 1]} have no saturation; leave it out")
        return {"brightness": self.brightness, "contrast": self.contrast, "saturation": self.saturation}
