"""A page as a single HTML file without scripts or external resources."""

from __future__ import annotations

from importlib.resources import files

from dltool import __version__
from dltool.report.markup import Content, Markup, element

#: the page forbids external resources
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def document(title: str, *body: Content, made_from: str) -> str:
    """The page, as HTML, with a footer that says what it was made from."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{title} – dltool"),
        element("style", Markup(files("dltool.report").joinpath("page.css").read_text(encoding="utf-8"))),
    )
    footer = element("footer", f"Made by dltool {__version__} from {made_from}")
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *body, footer), lang='en')}\n"
