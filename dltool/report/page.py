"""The whole report: a single file without scripts or external resources."""

from __future__ import annotations

from importlib.resources import files

from dltool import __version__
from dltool.report.classes import classes, labels
from dltool.report.content import Content
from dltool.report.curves import curves
from dltool.report.data import data
from dltool.report.examples import examples
from dltool.report.explanation import explanation
from dltool.report.forecasts import forecasts
from dltool.report.headline import header, headline
from dltool.report.markup import Markup, element, joined
from dltool.report.model import model
from dltool.report.numbers import numbers
from dltool.report.reproducing import environment, reproducing

_SECTIONS = {
    "results": headline,
    "curves": curves,
    "classes": classes,
    "multilabel": labels,
    "forecasts": forecasts,
    "predictions": numbers,
    "examples": examples,
    "explanation": explanation,
    "data": data,
    "network": model,
    "environment": environment,
    "how to go on": reproducing,
}
#: the page forbids external resources
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(content: Content) -> str:
    """The page, as HTML."""
    sections = {name: section for name, make in _SECTIONS.items() if (section := make(content))}
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{content.experiment.name} – dltool"),
        element("style", Markup(files("dltool.report").joinpath("page.css").read_text(encoding="utf-8"))),
    )
    links = [element("a", name, href=f"#{_anchor(section)}") for name, section in sections.items()]
    body = element(
        "body",
        header(content),
        element("nav", links, aria_label="sections of this page"),
        element("main", joined(*sections.values())),
        element("footer", f"Made by dltool {__version__} from {content.run.root}"),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _anchor(section: Markup) -> str:
    return section.partition(' id="')[2].partition('"')[0]
