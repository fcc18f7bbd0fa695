"""The images that a page shows as misclassified: which they are, and that they can be seen on a phone too."""

from __future__ import annotations

import base64
import re
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main
from tests.training.images import FORMS, LABELS, PIXELS, WRONG, trained

from .browser import measured, opened


@pytest.fixture(scope="module", params=FORMS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        trained(request.param)
    return folder / "run"


def cards(page: Path) -> list[str]:
    section = page.read_text().partition('id="examples"')[2].partition("</section>")[0]
    assert "<h2>Misclassified images</h2>" in section
    return re.findall("<article.*?</article>", section)


def test_each_has_its_picture_its_class_and_what_it_was_taken_for(run: Path):
    found = cards(run / "report.html")
    assert 1 <= len(found) <= 24
    chances = []
    for card in found:
        place = unescape(re.findall('class="place" title="([^"]*)"', card)[0])
        row = int(re.findall(r"(\d+)(?:\.png|\])$", place)[0])
        assert row in WRONG
        true, taken = str(LABELS[row]), str(1 - LABELS[row])
        assert f'<b>{true}</b> → <span class="wrong"><b>{taken}</b></span>' in card
        chances.append(float(re.findall(r"([\d.]+) %", card)[0]))
        content = base64.b64decode(re.findall('src="data:image/png;base64,([^"]*)"', card)[0])
        image = pytest.importorskip("PIL.Image").open(BytesIO(content))
        np.testing.assert_array_equal(np.asarray(image), PIXELS[row])
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] >= 50


def test_they_fit_on_a_laptop_and_on_a_phone(run: Path, tmp_path: Path):
    page = run / "report.html"
    count = len(cards(page))
    _, complaints = opened(page, tmp_path)
    assert complaints == []
    for width, found in zip((1280, 390), measured(page, tmp_path, [1280, 390]), strict=True):
        assert found["width"] == found["needed"] == width
        assert "examples" in found["sections"]
        assert len([box for box in found["figures"] if box["height"] > box["width"] > 60]) >= count


def test_it_can_be_made_again(run: Path, monkeypatch: pytest.MonkeyPatch):
    page = run / "report.html"
    before = cards(page)
    monkeypatch.chdir(run.parent)
    assert main(["report", "run"]) == 0
    assert cards(page) == before
