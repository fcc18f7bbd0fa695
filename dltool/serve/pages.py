"""The pages of the server: a form to try a network, and the routes. They load nothing from elsewhere."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from dltool import __version__
from dltool.report.markup import Markup, element
from dltool.serve.openapi import WORDS, columns_of, example_row
from dltool.serve.served import Served

#: nothing but this server may be asked, and no page may frame these
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:;"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)


def start_page(served: Mapping[str, Served]) -> str:
    """The form: the script builds it from what the networks say of themselves."""
    models = json.dumps([_said_by(one) for one in served.values()], ensure_ascii=False).replace("<", "\\u003c")
    return _page(
        "Try a prediction",
        element("header", element("h1", "dltool"), element("select", id="model", aria_label="model")),
        element(
            "main",
            element("form", element("div", id="fields"), element("button", "Predict", type="submit"), id="form"),
            element("section", id="result", aria_live="polite"),
        ),
        element("script", Markup(models), type="application/json", id="models"),
        element("script", Markup(_asset("page.js"))),
    )


def docs_page(described: Mapping[str, Any], address: str) -> str:
    """The routes of an OpenAPI description."""
    routes = [
        _route(path, method, operation, address.rstrip("/"))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    about = [
        "For programs: ",
        element("a", "openapi.json", href="/openapi.json"),
        f". {described['info']['description']} Errors are ",
        element("code", '{"error": "one line for each problem"}'),
        ".",
    ]
    return _page(
        "Routes",
        element("header", element("h1", "Routes")),
        element("main", element("p", about, class_="note"), routes, class_="routes"),
    )


def _page(title: str, *body: Markup) -> str:
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} – dltool"),
        element("style", Markup(_asset("page.css"))),
    )
    links = [
        element("a", name, href=href) for name, href in (("try", "/"), ("routes", "/docs"), ("metrics", "/metrics"))
    ]
    foot = element("footer", f"dltool {__version__} ", links)
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *body, foot), lang='en')}\n"


def _asset(name: str) -> str:
    return files("dltool.serve").joinpath(name).read_text(encoding="utf-8")


def _said_by(served: Served) -> dict[str, Any]:
    """What the script needs to build a form for a network."""
    return {
        "name": served.name,
        "kind": served.kind,
        "task": served.task,
        "columns": columns_of(served),
        "inputs": [
            {"name": one.name, "kind": one.kind, "words": one.words[:WORDS], "usual": one.usual}
            for one in served.inputs
        ],
        "shape": served.shape,
        "resized": served.resized,
        "bytes": served.dtype == "uint8",
        "example": example_row(served),
    }


def _route(path: str, method: str, operation: Mapping[str, Any], address: str) -> Markup:
    content = operation.get("requestBody", {}).get("content", {})
    example = content.get("application/json", {}).get("example")
    lines = [f"curl {address}{path}"]
    if example is not None:
        body = shlex.quote(json.dumps(example, ensure_ascii=False))
        lines = [f"curl {address}{path} -H 'Content-Type: application/json' -d {body}"]
    elif "image/*" in content:
        lines = [f"curl {address}{path} -H 'Content-Type: image/png' --data-binary @image.png"]
    elif content:
        lines = []
    if "text/csv" in content:
        lines.append(f"curl {address}{path} -H 'Content-Type: text/csv' --data-binary @rows.csv")
    answers = ", ".join(operation["responses"])
    taken = element("p", "takes ", ", ".join(content), class_="note") if content else None
    return element(
        "section",
        element("h2", element("b", method.upper()), " ", element("code", path)),
        element("p", operation["summary"], "."),
        taken,
        element("p", f"answers with {answers}", class_="note"),
        [element("pre", line) for line in lines],
    )
