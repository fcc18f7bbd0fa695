"""Which files are images, by the formats that Pillow reads, their file endings and first bytes."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

from dltool.errors import InputError

#: readers that give no pixels or start other programs: EPS needs Ghostscript, MPEG is video, IPTC holds captions
#: (FPX, MIC and SPIDER have no ending of their own); Pillow's stubs, such as those for WMF and HDF5, are left aside too
UNSUITABLE = {"EPS", "PDF", "MPEG", "IPTC", "FPX", "MIC", "SPIDER"}
#: image files if Pillow is not installed
USUAL_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
#: formats with unique first bytes, which identify an image whatever its file name
UNMISTAKABLE = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "JPEG2000")
#: first bytes to look at
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
    """Whether a file name has the ending of an image."""
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
    """The formats to try for a file: those identified by first bytes, and the one of its file ending."""
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
