"""Which files are images: the formats that Pillow reads, the endings of their names, and how their content starts."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

from dltool.errors import InputError

#: readers that give no pixels, or start other programs: EPS is drawn by Ghostscript, MPEG is video, IPTC holds captions
#: (FPX, MIC and SPIDER have no ending of their own); Pillow's stubs, such as those for WMF and HDF5, are left aside too
UNSUITABLE = {"EPS", "PDF", "MPEG", "IPTC", "FPX", "MIC", "SPIDER"}
#: where Pillow is not installed, these tell what it is needed for
USUAL_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
#: formats whose first bytes no other file has, so that a file of any name is known for an image by them
UNMISTAKABLE = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "JPEG2000")
#: bytes that tell them
START = 16


def pillow() -> Any:
    """Pillow's main module; raises InputError where it is not installed."""
    try:
        from PIL import Image
    except ImportError:
        raise InputError("images need Pillow: pip install 'dltool[images]'") from None
    return Image


@cache
def endings() -> frozenset[str]:
    """Endings of file names, in small letters, of the formats that are read."""
    try:
        known = pillow().registered_extensions()
    except InputError:
        return USUAL_ENDINGS
    return frozenset(ending for ending, name in known.items() if name in _readers())


def is_called_image(name: str) -> bool:
    """Whether a name ends like that of an image."""
    return PurePosixPath(name).suffix.lower() in endings()


def starts_like_image(start: bytes) -> bool:
    """Whether the first bytes of a file are those of an image, whatever its name."""
    try:
        openers = pillow().OPEN
    except InputError:
        return False
    known = [openers[reader][1] for reader in UNMISTAKABLE if reader in _readers()]
    return any(accept(start) is True for accept in known)


def formats_for(name: str) -> list[str]:
    """The formats that a file may have: those that are known by their first bytes, and that of its name."""
    return _formats_for(PurePosixPath(name).suffix.lower())


@cache
def _formats_for(ending: str) -> list[str]:
    image = pillow()
    own = image.registered_extensions().get(ending)
    return [reader for reader in _readers() if image.OPEN[reader][1] is not None or reader == own]


@cache
def _readers() -> tuple[str, ...]:
    """The formats that are read."""
    image = pillow()
    from PIL.ImageFile import StubImageFile

    image.init()
    stubs = {
        name
        for name, (reader, _) in image.OPEN.items()
        if isinstance(reader, type) and issubclass(reader, StubImageFile)
    }
    return tuple(name for name in image.OPEN if name not in UNSUITABLE | stubs)
