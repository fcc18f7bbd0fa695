"""Bodies of requests: reading them within limits of size and time, and what they hold."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from dltool.data.files.quoting import shown
from dltool.serve.asgi import CSV, JSON, Request
from dltool.serve.served import Served
from dltool.serve.worker import Job

#: endings of files by their media types
FILES = {CSV: ".csv", "text/tab-separated-values": ".tsv", "application/vnd.apache.parquet": ".parquet"}
LINES = ("application/x-ndjson", "application/jsonl", "application/jsonlines")
#: what curl says of a body unless it is told otherwise
FORM = "application/x-www-form-urlencoded"
_CSV_HINT = "; CSV needs Content-Type: text/csv"
_HALF_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}|\\u[dD][c-fC-F][0-9a-fA-F]{2}")


@dataclass(frozen=True)
class Limits:
    """What one request may take."""

    megabytes: float = 16.0  # of a body
    seconds: float = 30.0  # to send it, and again to be answered

    @property
    def bytes(self) -> int:
        """The size of the largest body."""
        return int(self.megabytes * 1_000_000)


class RefusedError(Exception):
    """A request that gets no answer but an error: its HTTP status and one line for each problem."""

    def __init__(self, status: int, *lines: str):
        self.status, self.lines = status, lines
        super().__init__("\n".join(lines))


class _RepeatedKeyError(Exception):
    """A JSON object has a key twice."""

    def __init__(self, key: str):
        self.key = key
        super().__init__(key)


async def body_of(request: Request, limits: Limits) -> bytes:
    """The whole body; raises RefusedError if it is too large or does not arrive."""
    announced = request.headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced[:20]) > limits.bytes:
        raise _too_large(limits)
    pieces, size, more = [], 0, True
    try:
        while more and size <= limits.bytes:
            piece, more = await request.piece()
            pieces.append(piece)
            size += len(piece)
    except ConnectionError:
        raise RefusedError(408, "the body did not arrive") from None
    if size > limits.bytes:
        raise _too_large(limits)
    return b"".join(pieces)


def json_of(content: bytes, line: int = 1) -> Any:
    """The value of a JSON text from a line of the body on; raises RefusedError with the place of what is wrong."""
    if not content.strip():
        raise RefusedError(400, "the body is empty; send JSON such as [{…}], or CSV with Content-Type: text/csv")
    try:
        value = json.loads(content, object_pairs_hook=_object)
        if _HALF_PAIR.search(content):
            json.dumps(value, ensure_ascii=False).encode()
    except _RepeatedKeyError as error:
        place = f"body:{line}" if line > 1 else "body"
        raise RefusedError(400, f"{place}: an object has the key {shown(error.key)} twice") from None
    except json.JSONDecodeError as error:
        place = f"body:{line + error.lineno - 1}:{error.colno}"
        reason = f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at").removesuffix(" starting")
        raise RefusedError(400, f"{place}: not JSON: {reason}{_CSV_HINT}") from None
    except UnicodeDecodeError:
        raise RefusedError(400, "body: not UTF-8 text") from None
    except UnicodeEncodeError:
        raise RefusedError(400, "body: holds half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise RefusedError(400, "body: brackets are nested too deeply") from None
    except ValueError:
        raise RefusedError(400, "body: holds a number of more digits than can be read") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, whose keys may not be given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedKeyError(name)
            seen.add(name)
    return found


def job_of(served: Served, content: bytes, media_type: str) -> Job:
    """What a request for predictions asks; raises RefusedError for a body that is not for this network."""
    kind = media_type.partition(";")[0].strip().lower() or JSON
    if kind in FILES and served.kind in ("rows", "texts", "windows"):
        if not content.strip():
            raise RefusedError(400, "the body is empty; send a header line and rows")
        return Job(served.name, file=(content, FILES[kind]))
    if kind in LINES:
        rows = [json_of(line, number) for number, line in enumerate(content.splitlines(), 1) if line.strip()]
        return Job(served.name, _decoded(served, rows))
    if kind in (JSON, FORM):
        rows = _decoded(served, json_of(content))
        single = isinstance(rows, dict) and list not in {*map(type, rows.values())}
        return Job(served.name, [rows] if single else rows, single=single)
    if served.kind == "images" and (kind.startswith("image/") or kind == "application/octet-stream"):
        return Job(served.name, [content])
    raise RefusedError(
        415, f"Content-Type '{kind}' is not taken by '{served.name}'; allowed: {', '.join(media_types(served))}"
    )


def media_types(served: Served) -> list[str]:
    """What the body of a request for predictions may be."""
    others = {"images": ["image/*"], "arrays": []}.get(served.kind, [*FILES])
    return [JSON, LINES[0], *others]


def _decoded(served: Served, rows: Any) -> Any:
    """Rows as the network takes them: images are texts in base64, or lists of pixels."""
    if not isinstance(rows, list | dict):
        raise RefusedError(422, f"rows: a list of rows, an object or an object of lists is expected, got {_said(rows)}")
    if served.kind == "arrays" and isinstance(rows, dict):
        raise RefusedError(422, "rows: a list of arrays is expected, got an object")
    if served.kind != "images":
        return rows
    images = rows if isinstance(rows, list) else [rows]
    return [image_of(image, place) for place, image in enumerate(images)]


def image_of(image: Any, place: int) -> Any:
    """The bytes of an image in base64, plain, as a data URL or as {"image": …}; lists of pixels stay what they are."""
    if isinstance(image, dict):
        if list(image) != ["image"]:
            raise RefusedError(422, f"rows[{place}]: an object with the key 'image' is expected, got {_said(image)}")
        image = image["image"]
    if isinstance(image, list):
        return image
    if not isinstance(image, str):
        raise RefusedError(
            422, f"rows[{place}]: an image in base64 or a list of pixels is expected, got {_said(image)}"
        )
    try:
        return base64.b64decode(image.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(422, f"rows[{place}]: not base64") from None


def _said(value: Any) -> str:
    """What a JSON value is, for messages."""
    if isinstance(value, dict):
        return f"an object with {', '.join(map(repr, list(value)[:5])) or 'no keys'}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return {list: "a list", str: "text"}.get(type(value), "a number")


def _too_large(limits: Limits) -> RefusedError:
    return RefusedError(413, f"the body is larger than {limits.megabytes:g} MB; send fewer rows at a time")
