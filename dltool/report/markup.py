"""HTML and SVG put together from elements; whatever is not markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


#: elements without content
_VOID = {"meta", "img", "br"}

#: what can stand inside an element
Content = str | Iterable[str] | None


def element(tag: str, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """An element; attributes of the value None are left out, and `class_` and `stroke_width` lose their underscores."""
    written = "".join(_attribute(name, value) for name, value in attributes.items() if value is not None)
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{joined(*content)}</{tag}>")


def joined(*content: Content) -> Markup:
    """Parts one after the other."""
    return Markup("".join(_text(part) for part in content))


def table(header: Sequence[Content], rows: Iterable[Sequence[Content]], *, right: Iterable[int] = ()) -> Markup:
    """A table that scrolls by itself where it is too wide; the columns numbered in `right` are aligned to the right.

    The first cell of each row is its heading; a cell may be given as an element of its own.
    """
    aligned = dict.fromkeys(right, "number")
    head = element("tr", (element("th", name, scope="col", class_=aligned.get(i)) for i, name in enumerate(header)))
    body = (element("tr", (_cell(cell, aligned.get(i), heading=i == 0) for i, cell in enumerate(row))) for row in rows)
    return element("div", element("table", element("thead", head), element("tbody", body)), class_="table")


def _cell(cell: Content, aligned: str | None, *, heading: bool) -> Markup:
    if isinstance(cell, Markup) and cell.startswith(("<td", "<th")):
        return cell
    return element("th", cell, scope="row", class_=aligned) if heading else element("td", cell, class_=aligned)


def _text(part: Content) -> str:
    if part is None:
        return ""
    if isinstance(part, Markup):
        return part
    if isinstance(part, str):
        return escape(part)
    return "".join(_text(one) for one in part)


def _attribute(name: str, value: str | float | bool) -> str:
    name = name.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    text = value if isinstance(value, str) else f"{value:.6g}"
    return f' {name}="{escape(text)}"'
