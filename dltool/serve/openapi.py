"""The OpenAPI description of a server: what each of its networks takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dltool import __version__
from dltool.data.prediction.inputs import Input
from dltool.serve import inference
from dltool.serve.asgi import JSON
from dltool.serve.bodies import FILES, Limits, media_types
from dltool.serve.served import Served

Plain = dict[str, Any]
#: words of a category that are listed
WORDS = 50
#: numbers of an array up to which there is an example
NUMBERS = 1024
#: what a cell may be in JSON, for any kind of column
_CELL = ["string", "number", "boolean", "null"]
_ERRORS = {
    400: "The body cannot be read.",
    404: "There is no such model.",
    408: "The body came too slowly.",
    413: "The body is too large.",
    415: "The content type is not taken.",
    422: "The samples cannot be used; one line for each problem.",
    503: "Too many requests wait, or the answer takes too long.",
}


def openapi(served: Mapping[str, Served], limits: Limits) -> Plain:
    """The description, as plain data."""
    paths: Plain = {}
    for one in served.values():
        name = quote(one.name, safe="")
        if len(served) == 1:
            paths["/predict"] = {"post": _predict(one, "predict")}
        paths[f"/predict/{name}"] = {"post": _predict(one, f"predict_{one.name}")}
        paths[f"/v2/models/{name}/infer"] = {"post": _infer(one)}
        paths[f"/v2/models/{name}"] = _get(f"Inputs and outputs of {one.name}", f"metadata_{one.name}")
        paths[f"/v2/models/{name}/ready"] = _get(f"Whether {one.name} is ready", f"ready_{one.name}")
    paths["/v2"] = _get("Name and version of the server, and its models", "server")
    paths["/v2/health/live"] = _get("Whether the server runs", "live")
    paths["/v2/health/ready"] = _get("Whether all models are ready", "ready")
    paths["/metrics"] = _get("Counts in the text format of Prometheus", "metrics", "text/plain")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dltool serve",
            "version": __version__,
            "description": f"Bodies may have up to {limits.megabytes:g} MB.",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string", "description": "one line for each problem"}},
                }
            }
        },
    }


def _predict(served: Served, operation: str) -> Plain:
    row, example = _row(served), example_row(served)
    rows: Plain = {"type": "array", "items": row, "minItems": 1}
    body: Plain = {"schema": {"anyOf": [rows, row]} if row["type"] == "object" else rows}
    if example is not None:
        body["example"] = [example]
    texts = {kind: {"schema": {"type": "string", "minLength": 1}} for kind in media_types(served) if kind != JSON}
    result = {"type": "object", "properties": {name: _result(name) for name in columns_of(served)}}
    return {
        "operationId": operation,
        "summary": f"Predictions of {served.name}",
        "requestBody": {
            "required": True,
            "content": {JSON: body, **texts},
        },
        "responses": {
            "200": {
                "description": "One object for each row, as dltool predict writes them; one object for one object.",
                "content": {
                    JSON: {"schema": {"anyOf": [{"type": "array", "items": result}, result]}},
                    **({"text/csv": {"schema": {"type": "string"}}} if any(kind in FILES for kind in texts) else {}),
                },
            },
            **_errors(),
        },
    }


def _infer(served: Served) -> Plain:
    tensor = {
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": inference.LARGEST_SIZE}},
            "datatype": {"enum": list(inference.KNOWN)},
            "data": {"type": "array"},
            "parameters": {"type": "object"},
        },
    }
    request = {
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": tensor, "minItems": 1},
            "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
        },
    }
    response = {
        "type": "object",
        "required": ["model_name", "outputs"],
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "outputs": {"type": "array", "items": tensor},
        },
    }
    return {
        "operationId": f"infer_{served.name}",
        "summary": f"Tensors of {served.name}, in the Open Inference Protocol (KServe v2)",
        "requestBody": {"required": True, "content": {JSON: {"schema": request, **_infer_example(served)}}},
        "responses": {"200": {"description": "Tensors.", "content": {JSON: {"schema": response}}}, **_errors()},
    }


def _infer_example(served: Served) -> Plain:
    """A request with typical values; none for images and arrays."""
    row = example_row(served)
    if row is None:
        return {}
    return {
        "example": {"inputs": [{**one, "shape": [1], "data": [row[one["name"]]]} for one in inference.inputs(served)]}
    }


def columns_of(served: Served) -> list[str]:
    """The columns of predictions."""
    if served.task == "inputs":
        return ["reconstruction_error"]
    names = served.classes or served.targets
    chances = [f"probability_{name}" for name in names] if served.task in ("classes", "multilabel") else []
    if served.task == "classes" or len(served.targets) == 1:
        return ["prediction", *chances]
    return [*(f"prediction_{name}" for name in served.targets), *chances]


def example_row(served: Served) -> Any:
    """A row with typical values; None for images, arrays, and for windows, which need many rows."""
    if served.inputs and served.kind != "windows":
        return {one.name: one.usual if one.usual is not None else _EXAMPLES[one.kind] for one in served.inputs}
    return None


_EXAMPLES = {"number": 0, "boolean": True, "date": "2024-01-31", "category": "", "text": "some text"}


def _row(served: Served) -> Plain:
    if served.inputs:
        properties = {one.name: _cell(one) for one in served.inputs}
        return {"type": "object", "required": list(properties), "properties": properties}
    shape = " × ".join(map(str, served.shape))
    if served.kind == "images":
        return {"type": "string", "minLength": 1, "contentEncoding": "base64", "description": "an image file in base64"}
    return {**_numbers(served.shape), "description": f"numbers of shape {shape}"}


def _numbers(shape: Sequence[int]) -> Plain:
    """Lists in lists."""
    if not shape:
        return {"type": ["number", "boolean"]}
    return {"type": "array", "items": _numbers(shape[1:]), "minItems": shape[0], "maxItems": shape[0]}


def _cell(one: Input) -> Plain:
    cell: Plain = {"type": _CELL}
    if one.kind == "date":
        cell["description"] = "a date such as 2024-01-31 or 2024-01-31T12:30:00, or as in the training data"
    if one.words:
        cell["examples"] = [*one.words[:WORDS]]
    elif one.usual is not None:
        cell["examples"] = [one.usual]
    return cell


def _result(name: str) -> Plain:
    return {"type": ["number", "null"]} if name.startswith("probability_") else {"type": ["string", "number", "null"]}


def _errors() -> Plain:
    content = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(status): {"description": text, "content": content} for status, text in _ERRORS.items()}


def _get(summary: str, operation: str, media_type: str = JSON) -> Plain:
    schema = {"type": "string"} if media_type != JSON else {"type": "object"}
    answer = {"description": "OK", "content": {media_type: {"schema": schema}}}
    return {"get": {"operationId": operation, "summary": summary, "responses": {"200": answer}}}
