"""The routes of `dltool serve`: what they answer, and what they refuse."""

from __future__ import annotations

import base64
import csv
import json
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.errors import InputError
from dltool.serve import worker
from dltool.serve.bodies import Limits
from dltool.serve.served import Served
from tests.serve.asking import Asking, asking
from tests.training.images import PIXELS, name_of
from tests.training.images import trained as trained_images
from tests.training.tables import KINDS

pytestmark = pytest.mark.usefixtures("workplace")
CSV = {"content-type": "text/csv"}
LINES = {"content-type": "application/x-ndjson"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def ask(workplace: Path) -> Any:
    with asking("runs/classes") as one:
        yield one


def rows_of(name: str) -> list[dict[str, str]]:
    with open(name, newline="") as file:
        return list(csv.DictReader(file))


def predicted(run: str, data: str) -> list[dict[str, Any]]:
    assert main(["predict", run, data, "-o", "out.jsonl"]) == 0
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]


def assert_alike(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert list(one) == list(other)
        for name, value in other.items():
            assert one[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-6))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_predicted_as_on_the_command_line(workplace: Path, kind: str):
    rows, expected = rows_of("new.csv"), predicted(f"runs/{kind}", "new.csv")
    by_column = {name: [row[name] for row in rows] for name in rows[0]}
    with asking(f"runs/{kind}") as ask:
        assert_alike(ask("/predict", json=rows).json(), expected)
        assert_alike(ask("/predict", json=by_column).json(), expected)
        assert_alike([ask("/predict", json=rows[3]).json()], expected[3:4])
        lines = "\n".join(map(json.dumps, rows))
        assert_alike(ask("/predict", content=lines, headers={"content-type": "application/x-ndjson"}).json(), expected)
        content = Path("new.csv").read_bytes()
        assert_alike(ask("/predict", content=content, headers=CSV | {"accept": "application/json"}).json(), expected)
        answer = ask("/predict", content=content, headers=CSV)
        assert answer.headers["content-type"].startswith("text/csv")
        assert next(list(row) for row in csv.DictReader(answer.text.splitlines())) == KINDS[kind].columns


def test_waiting_requests_are_answered_together_and_alone_the_same(ask: Asking):
    rows = rows_of("new.csv")
    alone = [ask("/predict", json=[row]).json() for row in rows]
    bad = {"a": "x", "b": 1, "colour": "red"}
    requests = [("POST", "/predict", {"json": [row]}) for row in [*rows[:20], bad, *rows[20:]]]
    answers = ask.together(requests)
    assert [answer.status_code for answer in answers] == [200] * 20 + [422] + [200] * 30
    assert [answer.json() for answer in answers if answer.status_code == 200] == alone
    counts = dict(re.findall(r'^(dltool_batch_rows_bucket\{le="\d+"\}) (\d+)$', ask("/metrics").text, re.MULTILINE))
    assert int(counts['dltool_batch_rows_bucket{le="1"}']) < len(rows) + 20


@pytest.mark.parametrize(
    ("content", "headers", "status", "line"),
    [
        (
            '[{"a": "x", "b": 1, "colour": "red"}]',
            JSON,
            422,
            "rows[0]: column 'a' holds 'x', where a number is expected",
        ),
        ('[{"A": 1, "b": 1, "colour": "red"}]', JSON, 422, "rows: no column 'a'; did you mean 'A'?"),
        ('[{"a": 1e400, "b": 1, "colour": "red"}]', JSON, 422, "rows[0]: column 'a' is infinite or too large"),
        ("[]", JSON, 422, "rows: there are none"),
        ("3", JSON, 422, "rows: a list of rows, an object or an object of lists is expected, got a number"),
        ("[3]", JSON, 422, "rows[0]: is of type int"),
        ("", JSON, 400, "the body is empty; send JSON such as"),
        ('[{"a": 1,}]', JSON, 400, "body:1:10: not JSON: "),
        ('[{"a": "\t"}]', JSON, 400, "body:1:9: not JSON: invalid control character;"),
        ('[{"a": 1, "b": 2, "a": 3}]', JSON, 400, "body: an object has the key 'a' twice"),
        (
            '{"a": 1}\n{"b": 1, "b": 2}',
            {"content-type": "application/x-ndjson"},
            400,
            "body:2: an object has the key 'b' twice",
        ),
        ('{"a": 1}\n\n{"a', LINES, 400, "body:3:2: not JSON: unterminated string;"),
        ("[" * 100_000, JSON, 400, "body: brackets are nested too deeply"),
        ('["\\ud800"]', JSON, 400, "body: holds half of a surrogate pair"),
        (b'["\xff"]', JSON, 400, "body: not UTF-8 text"),
        ("[" + "9" * 5000 + "]", JSON, 400, "body: holds a number of more digits than can be read"),
        ("a,b,colour\n1,x,red\n", CSV, 422, "body:2: column 'b' holds 'x', where a number is expected"),
        ("a,b\n1,1\n", CSV, 422, "body: no column 'colour'; "),
        ("a,b,colour\n", CSV, 422, "body: a table without rows"),
        ("", CSV, 400, "the body is empty; send a header line and rows"),
        ("<a/>", {"content-type": "text/xml"}, 415, "Content-Type 'text/xml' is not taken by 'classes'; allowed: "),
        ("[" + "0," * 300_000 + "0]", JSON, 413, "the body is larger than 0.5 MB; send fewer rows at a time"),
    ],
)
def test_bad_bodies_are_told_in_one_line(workplace: Path, content: Any, headers: Any, status: int, line: str):
    with asking("runs/classes", limits=Limits(megabytes=0.5)) as ask:
        answer = ask("/predict", content=content, headers=headers)
        assert (answer.status_code, answer.json()["error"][: len(line)]) == (status, line)
        assert "/tmp" not in answer.text
        assert f'route="/predict",status="{status}"' in ask("/metrics").text


def test_nothing_is_at_other_addresses(ask: Asking):
    assert ask("/predictions").status_code == 404
    assert ask("/predict/clases", json=[]).json() == {"error": "no model 'clases'; did you mean 'classes'?"}
    answer = ask("/predict")
    assert (answer.status_code, answer.json()["error"]) == (405, "GET is not allowed here")


def test_requests_that_would_wait_too_long_are_refused(workplace: Path, monkeypatch: pytest.MonkeyPatch):
    row = rows_of("new.csv")[0]
    with asking("runs/classes", limits=Limits(seconds=0.05)) as ask:
        monkeypatch.setattr(Served, "tables", lambda *_: time.sleep(0.3))
        answer = ask("/predict", json=[row])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == "no answer within 0.05 s; send fewer rows at a time"
    with asking("runs/classes") as ask:
        monkeypatch.setattr(
            Served, "tables", lambda _, requests: time.sleep(0.3) or [InputError("done")] * len(requests)
        )
        monkeypatch.setattr(worker, "MOST_WAITING", 3)
        answers = ask.together([("POST", "/predict", {"json": [row]})] * 6)
        assert sorted(answer.status_code for answer in answers) == [422] * 3 + [503] * 3


def test_a_fault_of_the_server_is_logged_and_told(ask: Asking, monkeypatch: pytest.MonkeyPatch, caplog: Any):
    monkeypatch.setattr(Served, "tables", lambda *_: 1 / 0)
    answer = ask("/predict", json=rows_of("new.csv")[:1])
    assert (answer.status_code, answer.json()["error"][:25]) == (500, "this is a bug in dltool; ")
    assert "ZeroDivisionError" in caplog.text


def test_several_models(workplace: Path):
    with asking("runs/classes", "runs/numbers", "runs/two classes") as ask:
        assert ask("/predict", json=[]).json()["error"] == (
            "there are several models: POST /predict/NAME; NAME: classes, numbers, two classes"
        )
        for name in ("classes", "numbers", "two classes"):
            answer = ask(f"/predict/{name}", json=rows_of("new.csv")[:1])
            assert list(answer.json()[0]) == KINDS[name].columns
            assert f"/predict/{name.replace(' ', '%20')}" in ask("/openapi.json").json()["paths"]
        assert ask("/v2").json()["models"] == ["classes", "numbers", "two classes"]


def test_the_open_inference_protocol(ask: Asking):
    assert ask("/v2/health/live").json() == {"live": True}
    assert ask("/v2/health/ready").json() == {"ready": True}
    assert ask("/v2/models/classes/ready").json() == {"name": "classes", "ready": True}
    about = ask("/v2/models/classes").json()
    assert about["inputs"] == [
        {"name": "a", "datatype": "FP64", "shape": [-1]},
        {"name": "b", "datatype": "FP64", "shape": [-1]},
        {"name": "colour", "datatype": "BYTES", "shape": [-1]},
    ]
    rows, expected = rows_of("new.csv"), predicted("runs/classes", "new.csv")
    numbers = [
        {"name": name, "datatype": "FP64", "shape": [50, 1], "data": [[float(row[name])] for row in rows]}
        for name in ("a", "b")
    ]
    colours = {"name": "colour", "datatype": "BYTES", "shape": [50], "data": [row["colour"] for row in rows]}
    request = {"id": "7", "inputs": [*numbers, colours]}
    answer = ask("/v2/models/classes/infer", json=request).json()
    assert (answer["id"], answer["model_name"]) == ("7", "classes")
    prediction, chances = answer["outputs"]
    assert prediction["data"] == [row["prediction"] for row in expected]
    assert (chances["shape"], chances["datatype"]) == ([50, 3], "FP32")
    np.testing.assert_allclose(
        np.reshape(chances["data"], (50, 3)), [list(row.values())[1:] for row in expected], rtol=1e-6
    )
    only = ask("/v2/models/classes/infer", json=request | {"outputs": [{"name": "prediction"}]}).json()
    assert only["outputs"] == [prediction]
    assert ask("/v2/models/classes/versions/1/infer", json=request).json() == answer
    none = ask("/v2/models/classes/infer", json=request | {"outputs": {}})
    assert (none.status_code, none.json()) == (400, {"error": "'outputs' must be a list of objects with a name"})


@pytest.mark.parametrize(
    ("request_body", "status", "line"),
    [
        ([], 400, "an object with a list 'inputs' of tensors is expected"),
        ({"inputs": [{}]}, 400, "inputs[0]: an object with name, shape, datatype and data is expected"),
        ({"inputs": [{"name": "a", "shape": [-1], "datatype": "FP64", "data": []}]}, 400, "inputs[0]: 'shape' must"),
        ({"inputs": [{"name": "a", "shape": [1e99], "datatype": "FP64", "data": []}]}, 400, "inputs[0]: 'shape' must"),
        ({"inputs": [{"name": "a", "shape": [1], "datatype": "F", "data": [1]}]}, 400, "inputs[0]: unknown datatype"),
        (
            {"inputs": [{"name": "a", "shape": [2], "datatype": "FP64", "data": [1]}]},
            422,
            "inputs[0]: a shape of",
        ),
        (
            {"inputs": [{"name": "a", "shape": [0, *[2**31 - 1] * 3], "datatype": "FP64", "data": []}]},
            422,
            "inputs[0]: a shape of [0, 2147483647, 2147483647, 2147483647] is too large",
        ),
        ({"id": 7, "inputs": []}, 400, "'id' must be a text"),
        ({"inputs": [{"name": "a", "shape": [1], "datatype": "FP64", "data": [1]}]}, 422, "rows: no column 'b'; "),
    ],
)
def test_bad_tensors_are_told_in_one_line(ask: Asking, request_body: Any, status: int, line: str):
    answer = ask("/v2/models/classes/infer", json=request_body)
    assert (answer.status_code, answer.json()["error"][: len(line)]) == (status, line)


def test_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "images").mkdir()
    monkeypatch.chdir(tmp_path / "images")
    trained_images("images")
    expected = predicted("run", "data/0")[:1]
    content = Path("data", name_of(0)).read_bytes()
    coded = base64.b64encode(content).decode()
    with asking("run") as ask:
        bodies: list[dict[str, Any]] = [
            {"content": content, "headers": {"content-type": "image/png"}},
            {"json": [coded]},
            {"json": [{"image": f"data:image/png;base64,{coded}"}]},
            {"json": [PIXELS[0][..., None].tolist()]},
        ]
        for body in bodies:
            (row,) = ask("/predict", **body).json()
            assert_alike([row], [{name: expected[0][name] for name in row}])
        tensor = {
            "name": "input",
            "datatype": "UINT8",
            "shape": [1, *PIXELS[0].shape, 1],
            "data": PIXELS[0].ravel().tolist(),
        }
        infer = ask("/v2/models/run/infer", json={"inputs": [tensor]})
        assert infer.status_code == 404  # the name is that of the config
        infer = ask("/v2/models/config/infer", json={"inputs": [tensor]})
        assert infer.json()["outputs"][0]["data"] == [expected[0]["prediction"]]
        for body, line in {
            "path": ({"json": ["data/0/000.png"]}, "rows[0]: not base64"),
            "broken": ({"content": content[:40], "headers": {"content-type": "image/png"}}, "rows[0]: "),
            "text": ({"json": [{"file": "x"}]}, "rows[0]: an object with the key 'image' is expected, got an object"),
        }.values():
            answer = ask("/predict", **body)
            assert answer.status_code == 422
            assert answer.json()["error"].startswith(line)


def test_a_forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "series").mkdir()
    monkeypatch.chdir(tmp_path / "series")
    rows = [{"day": str(np.datetime64("2024-01-01") + day), "level": float(np.sin(day))} for day in range(80)]
    Path("data.csv").write_text("day,level\n" + "".join(f"{row['day']},{row['level']}\n" for row in rows))
    windows = {"path": "data.csv", "target": "level", "time": "day", "length": 8, "horizon": 3, "steps": True}
    config = {"data": {"windows": windows}, "model": ["flatten", {"dense": "targets"}], "loss": "mse"}
    Path("config.yaml").write_text(yaml.safe_dump({**config, "train": {"epochs": 2}}))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0
    with asking("run") as ask:
        expected = [row["prediction"] for row in predicted("run", "data.csv")]
        as_csv: dict[str, Any] = {
            "content": Path("data.csv").read_bytes(),
            "headers": CSV | {"accept": "application/json"},
        }
        for request in ({"json": rows}, as_csv):
            assert [row["prediction"] for row in ask("/predict", **request).json()] == pytest.approx(expected)
        answer = ask("/predict", json=[*rows[:3], {**rows[3], "level": "high"}, *rows[4:]])
        assert answer.json()["error"].startswith("rows[3]: ")
        assert "--bad" not in answer.text
        uneven = ask("/predict", json={"day": ["2024-01-01"], "level": [1, 2]})
        assert uneven.json() == {"error": "rows: columns have different lengths: 'day' 1, 'level' 2"}


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(ask: Asking, path: str):
    answer = ask(path)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)
    assert ask(path, method="HEAD").status_code == 200


def test_the_description_fits_its_own_examples_and_answers(ask: Asking):
    described = ask("/openapi.json").json()
    assert {"/predict", "/predict/classes", "/v2/models/classes/infer", "/metrics"} <= described["paths"].keys()
    predict = described["paths"]["/predict"]["post"]
    body = predict["requestBody"]["content"]["application/json"]
    jsonschema.validate(body["example"], body["schema"])
    answer = ask("/predict", json=body["example"])
    jsonschema.validate(answer.json(), predict["responses"]["200"]["content"]["application/json"]["schema"])
    assert answer.status_code == 200
    for path, methods in described["paths"].items():
        if "get" in methods:
            assert ask(path).status_code == 200


def test_a_checkpoint_that_changes_is_loaded_again(workplace: Path, monkeypatch: pytest.MonkeyPatch):
    import asyncio
    import shutil

    from dltool.serve import reloading

    monkeypatch.setattr(reloading, "LOOK_SECONDS", 0.01)
    Path("one").mkdir()
    target, said = Path("one/best.safetensors"), []

    def put(content: bytes) -> None:
        Path("new").write_bytes(content)
        Path("new").replace(target)

    shutil.copy("runs/classes/checkpoints/best.safetensors", target)
    with asking("one") as ask:
        application = ask.application

        async def follow() -> None:
            served = application.served
            watch = asyncio.create_task(reloading.reload_changed(served, application.metrics, said.append))
            await asyncio.sleep(0.05)
            put(b"damaged")
            while not said:
                await asyncio.sleep(0.01)
            put(Path("runs/two classes/checkpoints/best.safetensors").read_bytes())
            while len(said) < 2:
                await asyncio.sleep(0.01)
            watch.cancel()

        before = ask("/predict", json=rows_of("new.csv")[0]).json()
        asyncio.run(asyncio.wait_for(follow(), 60))
        after = ask("/predict", json=rows_of("new.csv")[0]).json()
    assert said[0].startswith("'classes' could not be loaded again, so the old network goes on: one/best.safetensors: ")
    assert said[1] == "'classes' was loaded again from one/best.safetensors"
    assert [list(before), list(after)] == [KINDS["classes"].columns, KINDS["two classes"].columns]
