"""The page of each kind of run, opened in Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from .browser import measured, opened
from .runs import HOSTILE, trained

ALWAYS = ["results", "curves", "examples", "explanation", "data", "network", "environment", "reproduce"]
#: by task: the section of its own, and how many figures there are besides the small distributions
EXPECTED = {
    "classes": ("classes", 3 + 1 + 1 + 2),  # curves of loss, accuracy, auc and rate; matrix; calibration
    "numbers": ("numbers", 3 + 4 + 2),  # curves of loss, rmse and rate; two for each target; their distributions
    "multilabel": ("labels", 3 + 2),  # curves of loss, f1 and rate; calibration
}
COLUMNS = 6
#: of partial dependence on numbers and dates
DEPENDENCES = 3


@pytest.fixture(scope="module", params=EXPECTED)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp(request.param), request.param) / "report.html"


def test_it_opens_without_a_complaint(page: Path, tmp_path: Path):
    document, complaints = opened(page, tmp_path)
    assert complaints == []
    assert document.count("<section") == len(ALWAYS) + 1
    assert "<script" not in document
    assert "&lt;script&gt;alert" in document
    assert HOSTILE not in document


def test_every_figure_is_there_on_a_laptop_and_on_a_phone(page: Path, tmp_path: Path):
    own, figures = EXPECTED[page.parent.name]
    for width, found in zip((1280, 390), measured(page, tmp_path, [1280, 390]), strict=True):
        assert found["width"] == found["needed"] == width
        assert sorted(found["sections"]) == sorted([*ALWAYS, own])
        assert len(found["figures"]) == figures + COLUMNS + DEPENDENCES
        for box in found["figures"]:
            assert 40 < box["width"] < width
            assert box["height"] > 10
        assert found["texts"]
        assert min(box["height"] for box in found["texts"]) > 8
