"""Notes on images that are converted, one line for each kind of conversion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dltool.data.images.header import Header
from dltool.data.images.pixels import FULL_RANGE, Form
from dltool.formatting import plural

#: smaller changes of the aspect ratio are not reported
SQUASHED = 0.02


def remarks(headers: Sequence[Header], form: Form) -> Iterator[str]:
    """The lines for all images of one source."""
    gray = [one for one in headers if not one.color]
    colored = len(headers) - len(gray)
    if form.channels == 3 and gray:
        yield f"{_of(len(gray), headers)} gray: converted to RGB"
    if form.channels == 1 and colored:
        yield f"{_of(colored, headers)} in color: converted to gray (channels: 3 keeps the colors)"
    if cmyk := sum(one.mode == "CMYK" for one in headers):
        yield f"{_of(cmyk, headers)} CMYK, for print: converted to {'RGB' if form.channels == 3 else 'gray'}"
    if transparent := sum(one.transparent for one in headers):
        color = "#{:02x}{:02x}{:02x}".format(*form.background)
        background = {"#ffffff": "white", "#000000": "black"}.get(color, color)
        yield f"{_of(transparent, headers)} transparent, or may be: laid on {background} (background)"
    if frames := sum(one.frames for one in headers):
        yield f"{_of(frames, headers)} animated or of several pages: the first one is used"
    yield from _depth(headers, form)
    yield from _sizes(headers, form)


def _depth(headers: Sequence[Header], form: Form) -> Iterator[str]:
    deep = [one.bits for one in headers if one.bits > 8]
    if deep and form.deep:
        yield f"{_of(len(deep), headers)} of {max(deep)} bits: all values are kept, as numbers"
    if form.deep and (other := len(headers) - len(deep)):
        yield f"{_of(other, headers)} of 8 bits: multiplied by {FULL_RANGE}, to the range of 16 bits"
    if deep and not form.deep:
        yield f"{_of(len(deep), headers)} of 16 bits, where the network takes 8: divided by {FULL_RANGE}"
    if halved := sum(one.halved for one in headers):
        yield f"{_of(halved, headers)} of 16 bits, of which Pillow reads the upper 8"


def _sizes(headers: Sequence[Header], form: Form) -> Iterator[str]:
    if not form.resized or all(one.size == form.size for one in headers):
        return
    heights, widths = zip(*(one.size for one in headers), strict=True)
    wanted = f"{form.height} × {form.width}"
    small, large = f"{min(heights)} × {min(widths)}", f"{max(heights)} × {max(widths)}"
    resized = sum(one.size != form.size for one in headers)
    yield f"{_of(resized, headers)} resized to {wanted}, from {small}{'' if small == large else f' … {large}'}"
    changes = [_change(one, form) for one in headers]
    if squashed := sum(change > SQUASHED for change in changes):
        yield f"{_of(squashed, headers)} distorted: another aspect ratio than {wanted}, by up to {max(changes):.0%}"


def _change(image: Header, form: Form) -> float:
    """How much longer one side becomes against the other."""
    ratio = (image.height * form.width) / (image.width * form.height)
    return max(ratio, 1 / ratio) - 1


def _of(count: int, headers: Sequence[Header]) -> str:
    whole = plural(len(headers), "image")
    if count == len(headers):
        return "the image is" if count == 1 else f"all {whole} are"
    return f"{count} of {whole} {'is' if count == 1 else 'are'}"
