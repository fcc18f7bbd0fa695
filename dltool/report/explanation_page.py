"""The page of `dltool explain`: one HTML file without scripts."""

from __future__ import annotations

from importlib.resources import files

from dltool.explanation.of_checkpoint import ExplainedCheckpoint
from dltool.report.explanation import section
from dltool.report.markup import Markup, element


def explanation_page(made: ExplainedCheckpoint) -> str:
    """The page, as HTML."""
    name = f"{made.predictor.experiment.name}: what predictions depend on"
    style = Markup(files("dltool.report").joinpath("page.css").read_text(encoding="utf-8"))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", name),
        element("style", style),
    )
    found = section(made.explanation, made.where, made.predictor.signature, made.predictor.preprocessing.features)
    told = f"{made.path}, after epoch {made.epoch}"
    body = element("body", element("header", element("h1", made.predictor.experiment.name), element("p", told)), found)
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"
