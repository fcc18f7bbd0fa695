"""Images of every kind that people have, drawn small: what is in each file, and what a network gets of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")
ImageCms = pytest.importorskip("PIL.ImageCms")

#: an image that looks different each way round: height 12, width 8; bright, one corner red, one blue
HEIGHT, WIDTH = 12, 8
SCENE = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
SCENE[:4, :4] = (250, 20, 20)
SCENE[8:, 4:] = (20, 20, 250)
#: the same in gray (ITU-R BT.601), where each corner is told apart
GRAY = np.full((HEIGHT, WIDTH), 200, np.uint8)
GRAY[:4, :4] = 90
GRAY[8:, 4:] = 30
#: 12 bits of a detector in 16, and 16 bits in color
DEEP = (GRAY.astype(np.uint16) + 1000).astype(np.uint16)
DEEP_COLOR = (
    SCENE.astype(np.uint16) * 256 + np.arange(HEIGHT * WIDTH * 3, dtype=np.uint16).reshape(HEIGHT, WIDTH, 3) % 256
)
#: formats that carry EXIF, and how far their pixels may be from those drawn
EXIF_FORMATS = {"png": 0, "jpg": 12, "webp": 0, "tif": 0, "avif": 12, "mpo": 12}
#: how a scene is stored for a camera whose EXIF code turns it upright again (CIPA DC-008, 4.6.4)
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


class Picture(NamedTuple):
    """A file, and what becomes of it."""

    name: str
    content: bytes
    pixels: np.ndarray | None = None  # as a network gets them, as close as `tolerance`
    tolerance: int = 0
    problem: str = ""  # where there are none
    told: str = ""  # in a note


def saved(array: np.ndarray | Any, form: str, **options: Any) -> bytes:
    """An array, or an image of Pillow's, in a format of Pillow's."""
    stream = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(array)) if isinstance(array, np.ndarray) else array
    image.save(stream, form, **options)
    return stream.getvalue()


def turned(code: int, ending: str) -> bytes:
    """The scene as a camera stores it, with its EXIF code."""
    exif = Image.Exif()
    exif[0x0112] = code
    stored = STORED[code](SCENE)
    if ending == "mpo":
        small = Image.fromarray(np.ascontiguousarray(stored[::2, ::2]))
        return saved(stored, "MPO", exif=exif, save_all=True, append_images=[small], quality=95, subsampling=0)
    form = {"jpg": "JPEG", "tif": "TIFF"}.get(ending, ending)
    options = {
        "webp": {"lossless": True},
        "avif": {"quality": 100, "subsampling": "4:4:4"},
        "jpg": {"quality": 100, "subsampling": 0},
    }
    return saved(stored, form, exif=exif, **options.get(ending, {}))


def png(header: bytes, rows: bytes, *before: tuple[bytes, bytes], after: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A PNG of a header, unpacked rows, and chunks before and after these (ISO/IEC 15948)."""
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(rows)), *after, (b"IEND", b"")]
    written = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        written += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return written


def wide_png(array: np.ndarray, kind: int) -> bytes:
    """16 bits of gray (0), color (2), gray and opacity (4), or color and opacity (6), which Pillow does not write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    return png(struct.pack(">IIBBBBB", array.shape[1], array.shape[0], 16, kind, 0, 0, 0), rows)


def interlaced() -> bytes:
    """A PNG in Adam7's seven passes, which Pillow does not write."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1)
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [SCENE[top::down, left::right] for top, left, down, right in passes]
    return png(header, b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part))


def late_exif() -> bytes:
    """A PNG whose EXIF stands behind its pixels."""
    stored = np.ascontiguousarray(STORED[6](SCENE))
    rows = b"".join(b"\0" + row.tobytes() for row in stored)
    exif = Image.Exif()
    exif[0x0112] = 6
    header = struct.pack(">IIBBBBB", stored.shape[1], stored.shape[0], 8, 2, 0, 0, 0)
    return png(header, rows, after=((b"eXIf", exif.tobytes()[6:]),))


def clear(image: np.ndarray) -> np.ndarray:
    """With opacity: half the rows see-through."""
    opacity = np.full((*image.shape[:2], 1), 255, np.uint8)
    opacity[6:] = 0
    return np.concatenate([np.atleast_3d(image), opacity], axis=2)


def on_white(image: np.ndarray) -> np.ndarray:
    """What is seen of it."""
    seen = image.copy()
    seen[6:] = 255
    return seen


def gray_scene() -> np.ndarray:
    return np.repeat(GRAY[..., None], 3, axis=2)


def inverted_cmyk() -> bytes:
    """A JPEG of CMYK as Adobe's programs write it: inverted, with their marker."""
    return saved(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=100, subsampling=0)


def palette(colors: int = 8) -> Any:
    return Image.fromarray(SCENE).quantize(colors)


def palette_with_clear_color() -> bytes:
    image = palette()
    return saved(image, "PNG", transparency=image.getpixel((7, 11)))


def animated(form: str) -> bytes:
    """The scene, then black."""
    frames = [Image.fromarray(SCENE * 0)]
    return saved(SCENE, form, save_all=True, append_images=frames, **({"lossless": True} if form == "WEBP" else {}))


BLUE_CLEAR = SCENE.copy()
BLUE_CLEAR[8:, 4:] = 255
HUGE = png(struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0), b"\0")

NOISE = np.random.default_rng(0).integers(0, 256, SCENE.shape, dtype=np.uint8)

#: images that all are 12 × 8 as a person sees them
GALLERY = [
    Picture("plain.png", saved(SCENE, "PNG"), SCENE),
    Picture("plain.jpg", saved(SCENE, "JPEG", quality=100, subsampling=0), SCENE, 12),
    Picture("lossless.webp", saved(SCENE, "WEBP", lossless=True), SCENE),
    Picture("plain.bmp", saved(SCENE, "BMP"), SCENE),
    Picture("plain.tga", saved(SCENE, "TGA"), SCENE),
    Picture("plain.ppm", saved(SCENE, "PPM"), SCENE),
    Picture("plain.jp2", saved(SCENE, "JPEG2000"), SCENE),
    Picture("plain.ico", saved(Image.fromarray(SCENE), "ICO", sizes=[(WIDTH, HEIGHT)]), SCENE),
    Picture("plain.pcx", saved(SCENE, "PCX"), SCENE),
    Picture("plain.sgi", saved(SCENE, "SGI"), SCENE),
    Picture("photo.jfif", saved(SCENE, "JPEG", quality=100, subsampling=0), SCENE, 12),
    Picture("SHOUTED.PNG", saved(SCENE, "PNG"), SCENE),
    Picture("without_ending", saved(SCENE, "PNG"), SCENE),
    Picture("from_the_web.jpg_large", saved(SCENE, "WEBP", lossless=True), SCENE),
    Picture("webp_called.jpg", saved(SCENE, "WEBP", lossless=True), SCENE),
    Picture("jpeg_called.png", saved(SCENE, "JPEG", quality=100, subsampling=0), SCENE, 12),
    Picture("progressive.jpg", saved(SCENE, "JPEG", quality=100, subsampling=0, progressive=True), SCENE, 12),
    Picture("subsampled_ycbcr.jpg", saved(SCENE, "JPEG", quality=100, subsampling=2), SCENE, 120),
    Picture("lzw.tif", saved(SCENE, "TIFF", compression="tiff_lzw"), SCENE),
    Picture("gray.png", saved(GRAY, "PNG"), gray_scene(), told="gray: converted to RGB"),
    Picture("gray.jpg", saved(GRAY, "JPEG", quality=100), gray_scene(), 4, told="gray: converted to RGB"),
    Picture("one_bit.png", saved(Image.fromarray(GRAY).point(lambda v: 255 * (v > 128)).convert("1"), "PNG"),
            np.where(gray_scene() > 128, 255, 0).astype(np.uint8), told="gray: converted to RGB"),
    Picture("gray_palette.png", saved(Image.fromarray(GRAY).convert("P"), "PNG"), gray_scene(), told="gray: converted"),
    Picture("palette.png", saved(palette(), "PNG"), SCENE),
    Picture("palette.gif", saved(palette(), "GIF"), SCENE),
    Picture("palette.bmp", saved(palette(), "BMP"), SCENE),
    Picture("clear_color.png", palette_with_clear_color(), BLUE_CLEAR, told="transparent"),
    Picture("clear_rgb.png", saved(Image.fromarray(SCENE), "PNG", transparency=(20, 20, 250)), BLUE_CLEAR,
            told="transparent"),
    Picture("rgba.png", saved(clear(SCENE), "PNG"), on_white(SCENE), told="laid on white"),
    Picture("rgba.webp", saved(clear(SCENE), "WEBP", lossless=True, exact=True), on_white(SCENE), told="laid on white"),
    Picture("gray_and_opacity.png", saved(clear(GRAY), "PNG"), on_white(gray_scene()), told="laid on white"),
    Picture("cmyk.tif", saved(Image.fromarray(SCENE).convert("CMYK"), "TIFF"), SCENE, told="CMYK"),
    Picture("cmyk_of_adobe.jpg", inverted_cmyk(), SCENE, 12, told="CMYK"),
    Picture("lab.tif", saved(Image.new("LAB", (WIDTH, HEIGHT), (137, 128, 128)), "TIFF"), np.full_like(SCENE, 128), 4),
    Picture("interlaced.png", interlaced(), SCENE),
    Picture("profile.png", saved(SCENE, "PNG", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
                                 .tobytes()), SCENE),
    Picture("animated.gif", animated("GIF"), SCENE, told="the first one is used"),
    Picture("animated.png", animated("PNG"), SCENE, told="the first one is used"),
    Picture("animated.webp", animated("WEBP"), SCENE, told="the first one is used"),
    Picture("pages.tif", animated("TIFF"), SCENE, told="the first one is used"),
    Picture("late_exif.png", late_exif(), SCENE),
    Picture("cut.png", saved(NOISE, "PNG")[:200], problem="cut short"),
    Picture("cut.jpg", saved(NOISE, "JPEG", quality=95)[:-60], problem="cut short"),
    Picture("cut_header.jpg", saved(SCENE, "JPEG")[:100], problem="not an image, or damaged"),
    Picture("empty.png", b"", problem="is empty"),
    Picture("text.png", b"hello, I am text\n", problem="not an image, or damaged"),
    Picture("page.jpg", b"<html><body>404</body></html>", problem="not an image, or damaged"),
    Picture("program.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 12\n", problem="not an image, or damaged"),
    Picture("huge.png", HUGE, problem="pixels; make it smaller, if it is not damaged"),
]  # fmt: skip
for _ending, _tolerance in EXIF_FORMATS.items():
    _name = "of_phone_{}.jpg" if _ending == "mpo" else "turned_{}." + _ending
    GALLERY += [Picture(_name.format(_code), turned(_code, _ending), SCENE, _tolerance) for _code in STORED]

#: files that lie about and are no images
OTHERS = {
    "notes.txt": b"text",
    "from_iphone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "paper.pdf": b"%PDF-1.4\n",
    "drawing.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 12\n",
    "more.zip": b"PK\x05\x06" + bytes(18),
}
#: what systems leave behind, of which no word is said
CLUTTER = (".DS_Store", "._plain.png", "Thumbs.db", "desktop.ini")


def turned_deep() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(STORED[6](DEEP), "PNG", exif=exif)


DEEP_CLEAR = np.where(DEEP == 1030, 65535, DEEP)
DEEP_COLOR_CLEAR = np.concatenate([DEEP_COLOR, np.full((HEIGHT, WIDTH, 1), 65535, np.uint16)], axis=2)
DEEP_COLOR_CLEAR[6:, :, 3] = 0
DEEP_COLOR_SEEN = np.where(DEEP_COLOR_CLEAR[..., 3:] == 0, 65535, DEEP_COLOR)

#: images of more than 8 bits: what numbers become of them
DEEP_GALLERY = [
    Picture("deep.png", saved(DEEP, "PNG"), DEEP),
    Picture("deep.tif", saved(DEEP, "TIFF"), DEEP),
    Picture("deep_big_endian.tif", saved(Image.fromarray(DEEP.astype(">u2")), "TIFF"), DEEP),
    Picture("deep.pgm", saved(Image.fromarray(DEEP), "PPM"), DEEP),
    Picture("deep_32.tif", saved(DEEP.astype(np.int32), "TIFF"), DEEP),
    Picture("float.tif", saved(DEEP.astype(np.float32) + 0.25, "TIFF"), DEEP + 0.25),
    Picture("shallow.png", saved(GRAY, "PNG"), GRAY.astype(float) * 257, told="multiplied by 257"),
    Picture("deep_turned.png", turned_deep(), DEEP),
    Picture("deep_clear.png", saved(Image.fromarray(DEEP), "PNG", transparency=1030), DEEP_CLEAR, told="transparent"),
]
#: the same with colors
DEEP_COLORS = [
    Picture("color.png", wide_png(DEEP_COLOR, 2), DEEP_COLOR),
    Picture("color_and_opacity.png", wide_png(DEEP_COLOR_CLEAR, 6), DEEP_COLOR_SEEN, 1, told="transparent"),
    Picture("shallow.png", saved(SCENE, "PNG"), SCENE.astype(float) * 257, told="multiplied by 257"),
    Picture("deep_gray.png", saved(DEEP, "PNG"), np.repeat(DEEP[..., None], 3, axis=2), told="gray: converted to RGB"),
]
