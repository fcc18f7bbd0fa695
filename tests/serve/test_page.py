"""The page of `dltool serve` in a browser: a form for a table, and an area to drop images on."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from dltool.cli.main import main
from tests.browser import browser
from tests.serve.serving import serving
from tests.training.images import name_of
from tests.training.images import trained as trained_images

FILL = """
for (const [name, value] of Object.entries(%s)) document.querySelector(`[name="${name}"]`).value = value;
document.querySelector("button").click();
"""
DROP = """
const bytes = Uint8Array.from(atob("%s"), one => one.charCodeAt(0));
const transfer = new DataTransfer();
transfer.items.add(new File([bytes], "image.png", {type: "image/png"}));
document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, cancelable: true}));
"""
ANSWER = "document.querySelector('#result .answer')?.textContent"
CHANCES = "[...document.querySelectorAll('.chance')].map(one => one.querySelectorAll('span')[1].textContent)"


def predicted(run: str, data: str) -> dict[str, Any]:
    """The first prediction of the command line."""
    assert main(["predict", run, data, "-o", "out.jsonl"]) == 0
    return json.loads(Path("out.jsonl").read_text().splitlines()[0])


def percents(row: dict[str, Any]) -> list[str]:
    """The probabilities as the page writes them, the largest first."""
    chances = sorted((value for name, value in row.items() if name.startswith("probability_")), reverse=True)
    return [f"{100 * value:.1f} %" for value in chances]


def test_a_form_for_a_table(workplace: Path, tmp_path: Path):
    row = {"a": "0.5", "b": "-1.0", "colour": "red"}
    Path("row.csv").write_text("a,b,colour\n0.5,-1.0,red\n")
    expected = predicted("runs/classes", "row.csv")
    with serving("runs/classes") as (_, host, port), browser(tmp_path) as page:
        page.open(f"http://{host}:{port}/#predict")  # a link to the answer for usual values
        assert page.wait_for(ANSWER) in ("bad", "fair", "good one")
        page.open(f"http://{host}:{port}/")
        page.value(FILL % json.dumps(row))
        assert page.wait_for(ANSWER) == expected["prediction"]
        assert page.value(CHANCES) == percents(expected)
        page.value(FILL % json.dumps({"a": "much"}))
        assert page.wait_for("document.querySelector('.error')?.textContent").startswith(
            "rows[0]: column 'a' holds 'much', where a number is expected"
        )
        assert page.value("document.querySelector('label.wrong').dataset.column") == "a"
    assert [one for one in page.complaints if "422" not in one] == []


def test_an_image_that_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    trained_images("images")
    expected = predicted("run", f"data/{name_of(0)}")
    content = base64.b64encode(Path("data", name_of(0)).read_bytes()).decode()
    with serving("run") as (_, host, port), browser(tmp_path) as page:
        page.open(f"http://{host}:{port}/")
        page.value(DROP % content)
        assert page.wait_for(ANSWER) == expected["prediction"]
        assert page.value(CHANCES) == percents(expected)
    assert page.complaints == []
