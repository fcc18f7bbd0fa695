"""The whole report of a run."""

from __future__ import annotations

from dltool.report.classes import classes, labels
from dltool.report.content import Content
from dltool.report.curves import curves
from dltool.report.data import data
from dltool.report.document import document
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


def page(content: Content) -> str:
    """The page, as HTML."""
    sections = {name: section for name, make in _SECTIONS.items() if (section := make(content))}
    links = [element("a", name, href=f"#{_anchor(section)}") for name, section in sections.items()]
    return document(
        content.experiment.name,
        header(content),
        element("nav", links, aria_label="sections of this page"),
        element("main", joined(*sections.values())),
        made_from=str(content.run.root),
    )


def _anchor(section: Markup) -> str:
    return section.partition(' id="')[2].partition('"')[0]
