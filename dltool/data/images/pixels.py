"""From a file to pixels for a network: upright, of one size, with one or three channels, without transparency.

Images of 8 bits stay bytes. If a data set has deeper images, all of them become numbers: 16 bits unchanged, 8 bits
multiplied by 257, so that white is the same in both; 32 bits unchanged.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from dltool.data.images.formats import pillow
from dltool.data.images.header import DamagedImageError, Header, damage, has_lower_bytes, header, open_image

#: EXIF orientations and Pillow's transpositions for them
TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
#: gray of red, green and blue (ITU-R BT.601), as in Pillow
LUMA = np.array([0.299, 0.587, 0.114])
#: what 8 bits are multiplied by to use the range of 16
FULL_RANGE = 257
#: opposite byte orders
SWAPPED = {"B": "L", "L": "B", "N": "B"}


class Form(NamedTuple):
    """The form that images are converted to."""

    height: int
    width: int
    channels: int
    deep: bool  # numbers, not bytes
    resized: bool  # from any size
    background: tuple[int, int, int]  # color behind transparent pixels, 8 bits each

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def dtype(self) -> type[np.generic]:
        """Of the pixels."""
        return np.float64 if self.deep else np.uint8

    @property
    def bytes(self) -> int:
        """Of one image."""
        return self.height * self.width * self.channels * np.dtype(self.dtype).itemsize


def pixels(content: bytes, name: str, form: Form) -> tuple[Header, np.ndarray]:
    """The pixels (height, width, channels) of a file, and its header; raises DamagedImageError."""
    file = BytesIO(content)
    image = open_image(file, name)
    about = header(image, file)
    if not form.resized and about.size != form.size:
        return about, np.empty((0, 0, form.channels), form.dtype)
    try:
        if form.deep or about.bits > 8:
            return about, _as_numbers(image, content, name, about, form)
        return about, _as_bytes(image, about, form)
    except DamagedImageError:
        raise
    except Exception as error:  # decoders raise all kinds of errors for a damaged file
        raise damage(error) from None


def _as_bytes(image: Any, about: Header, form: Form) -> np.ndarray:
    if form.resized:
        image.draft(None, (2 * max(form.size), 2 * max(form.size)))  # decodes a large JPEG at a lower resolution
    image = _turned(_loaded(image), about)
    if about.transparent:
        below = pillow().new("RGBA", image.size, form.background)
        image = pillow().alpha_composite(below, image.convert("RGBA"))
    image = _converted(image, "L" if form.channels == 1 else "RGB")
    if image.size != form.size[::-1]:
        image = image.resize(form.size[::-1], pillow().Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(*form.size, form.channels)


def _as_numbers(image: Any, content: bytes, name: str, about: Header, form: Form) -> np.ndarray:
    if about.bits == 32 and not form.deep:
        raise DamagedImageError("has 32 bits, but the training images have 8: its range is not known")
    if about.bits == 8:
        channels = _layers(_turned(_loaded(image), about), about) * FULL_RANGE
    else:
        channels = _deep_layers(image, content, name, about)
    channels = _with_channels(_opaque(channels, form), form.channels)
    if not np.isfinite(channels).all():
        y, x = np.argwhere(~np.isfinite(channels).all(axis=2))[0].tolist()
        raise DamagedImageError(f"the value of the pixel at row {y + 1}, column {x + 1} is not a finite number")
    if channels.shape[:2] != form.size:
        layers = [_resized(channels[..., i], form) for i in range(form.channels)]
        channels = np.stack(layers, axis=2)
    return channels if form.deep else np.rint(channels / FULL_RANGE).astype(np.uint8)


def _layers(image: Any, about: Header) -> np.ndarray:
    """The bytes (h, w, 1 to 4) of gray or colors, then of opacity, as numbers."""
    mode = ("RGB" if about.color else "L") + ("A" if about.transparent else "")
    return np.atleast_3d(np.asarray(_converted(image, mode), np.float64))


def _deep_layers(image: Any, content: bytes, name: str, about: Header) -> np.ndarray:
    """The same of an image of more bits."""
    clear = image.info.get("transparency")  # the value or color that is transparent
    if has_lower_bytes(image):
        values = 256.0 * _array(image, about) + _array(_with_bytes_swapped(content, name), about)
    else:
        values = np.atleast_3d(_array(image, about))
    if clear is None:
        return values
    opacity = 65535.0 * (values != clear).any(axis=2, keepdims=True)
    return np.concatenate([values, opacity], axis=2)


def _with_bytes_swapped(content: bytes, name: str) -> Any:
    """The same image with swapped bytes, of which Pillow reads the lower ones."""
    image = open_image(BytesIO(content), name)
    tiles = []
    for codec, box, offset, arguments in image.tile:
        raw, *others = arguments if isinstance(arguments, tuple) else (arguments,)
        swapped = f"{raw[:-1]}{SWAPPED[raw[-1]]}"
        tiles.append((codec, box, offset, (swapped, *others) if isinstance(arguments, tuple) else swapped))
    image.tile = tiles
    return image


def _array(image: Any, about: Header) -> np.ndarray:
    return np.asarray(_turned(_loaded(image), about)).astype(np.float64)


def _opaque(layers: np.ndarray, form: Form) -> np.ndarray:
    """Gray (h, w, 1) or colors (h, w, 3), laid on the background."""
    if layers.shape[2] in (1, 3):
        return layers
    shown, opacity = layers[..., :-1], layers[..., -1:] / 65535
    below = np.array(form.background, np.float64) * FULL_RANGE
    return shown * opacity + (below if shown.shape[2] == 3 else LUMA @ below) * (1 - opacity)


def _with_channels(values: np.ndarray, channels: int) -> np.ndarray:
    if values.shape[2] == channels:
        return values
    return values.repeat(3, axis=2) if channels == 3 else (values @ LUMA)[..., None]


def _resized(layer: np.ndarray, form: Form) -> np.ndarray:
    whole = pillow().fromarray(layer.astype(np.float32))
    return np.asarray(whole.resize(form.size[::-1], pillow().Resampling.BILINEAR))


def _loaded(image: Any) -> Any:
    image.load()
    return image


def _turned(image: Any, about: Header) -> Any:
    return image if about.turn == 1 else image.transpose(pillow().Transpose[TURNS[about.turn]])


def _converted(image: Any, mode: str) -> Any:
    """The image in another mode of Pillow's."""
    if image.mode in ("La", "RGBa"):  # colors that are multiplied by their opacity
        image = image.convert(image.mode.upper())
    if image.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return image if image.mode == mode else image.convert(mode)
