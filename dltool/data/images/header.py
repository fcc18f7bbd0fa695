"""The header of an image, read without decoding pixels."""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from typing import IO, Any, NamedTuple

import numpy as np

from dltool.data.images.formats import formats_for, pillow
from dltool.errors import InputError

#: the EXIF tag of the orientation, and the values for images rotated by 90°
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)
#: modes of Pillow's without color (https://pillow.readthedocs.io/en/stable/handbook/concepts.html#modes)
GRAY = ("1", "L", "LA", "La", "F")
TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")
#: bytes of a color in a palette of Pillow's
PALETTE_BYTES = {"RGB": 3, "BGR": 3, "RGBX": 4, "BGRX": 4, "RGBA": 4, "BGRA": 4}


class Header(NamedTuple):
    """Size, channels and depth of an image."""

    height: int  # as a person sees it
    width: int
    turn: int  # the EXIF orientation, 1 for upright
    mode: str  # Pillow's
    color: bool
    bits: int  # of a channel: 8, 16 or 32
    halved: bool  # it has 16 bits, and Pillow reads only the upper 8
    transparent: bool
    frames: bool  # it has several, or pages

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width


class DamagedImageError(Exception):
    """A file that is not an image or is damaged; the message says what is wrong."""


def open_image(file: IO[bytes], name: str) -> Any:
    """A Pillow image whose pixels are not decoded yet; raises DamagedImageError."""
    image = pillow()
    try:
        return image.open(file, formats=formats_for(name))
    except InputError:
        raise
    except image.DecompressionBombError:
        message = f"has more than {2 * image.MAX_IMAGE_PIXELS} pixels; make it smaller, if it is not damaged"
        raise DamagedImageError(message) from None
    except Exception as error:  # decoders raise all kinds of errors for a damaged file
        raise damage(error) from None


def damage(error: Exception) -> DamagedImageError:
    """The error of a decoder or an archive as a DamagedImageError."""
    text = str(error)
    if isinstance(error, DamagedImageError):
        return error
    if isinstance(error, OSError) and error.strerror:
        return DamagedImageError(f"cannot be read: {error.strerror}")
    if "password" in text:
        return DamagedImageError("is encrypted")
    return DamagedImageError(
        "cut short" if "truncated" in text or isinstance(error, EOFError) else "not an image, or damaged"
    )


def header(image: Any, file: IO[bytes]) -> Header:
    """The header of an image just opened from `file`; raises DamagedImageError."""
    try:
        turn = _turn(image, file)
        lying = turn in SIDEWAYS
        return Header(
            height=image.width if lying else image.height,
            width=image.height if lying else image.width,
            turn=turn,
            mode=image.mode,
            color=not _is_gray(image),
            bits=_bits(image),
            halved=_is_wide(image) and not has_lower_bytes(image),
            transparent=image.mode in TRANSPARENT or "transparency" in image.info,
            frames=image.format != "MPO" and bool(getattr(image, "is_animated", False)),
        )
    except Exception as error:  # as above
        raise damage(error) from None


def raw_mode(image: Any) -> str:
    """Pillow's raw mode, the layout of channels in the file; empty if unknown."""
    arguments = image.tile[0][3] if image.tile else ""
    mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return mode if isinstance(mode, str) else ""


def has_lower_bytes(image: Any) -> bool:
    """Whether Pillow keeps the upper 8 of 16 bits, and can read the lower 8 with swapped bytes."""
    return image.format in ("PNG", "TIFF") and re.fullmatch("RGBA?;16[BLN]", raw_mode(image)) is not None


def _turn(image: Any, file: IO[bytes]) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns these itself
    with suppress(Exception):  # unreadable EXIF data is ignored
        if image.format == "PNG" and "exif" not in image.info and (exif := _late_exif(file)):
            image.info["exif"] = exif
        # that of a PNG itself would unpack all pixels in search of it
        code = pillow().Image.getexif(image).get(ORIENTATION, 1)
        return code if code in range(1, 9) else 1
    return 1


def _late_exif(file: IO[bytes]) -> bytes | None:
    """The EXIF data of a PNG that follows its pixels; other chunks are skipped (ISO/IEC 15948)."""
    place = file.tell()
    try:
        file.seek(8)
        while len(start := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", start)
            if kind == b"eXIf":
                return b"Exif\0\0" + file.read(length)
            file.seek(length + 4, 1)
        return None
    finally:
        file.seek(place)


def _is_gray(image: Any) -> bool:
    if image.mode in ("P", "PA"):
        return _gray_palette(image.palette)
    return image.mode in GRAY or image.mode.startswith("I")


def _gray_palette(palette: Any) -> bool:
    """Whether a palette is known to hold no color."""
    if palette is None:
        return False
    content = np.frombuffer(bytes(palette.palette), np.uint8)
    size = PALETTE_BYTES.get(palette.rawmode or palette.mode)
    if size is None or len(content) < size:
        return False
    colors = content[: len(content) // size * size].reshape(-1, size)[:, :3]
    return bool((colors == colors[:, :1]).all())


def _bits(image: Any) -> int:
    """Bits of a channel that can be read: 8, 16 or 32."""
    if image.mode in ("I", "F"):
        return 16 if image.mode == "I" and image.format in ("PNG", "PPM") else 32
    return 16 if image.mode.startswith("I;16") or has_lower_bytes(image) else 8


def _is_wide(image: Any) -> bool:
    """Whether channels of 16 bits are read as 8 bits."""
    return (
        re.search(";16[BLN]$", raw_mode(image)) is not None and image.mode not in ("I", "F") and image.mode[:2] != "I;"
    )
