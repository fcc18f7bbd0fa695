"""docs/python.md: what it shows is what happens."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_page_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("configs", "datasets"):
        Path(name).symlink_to(ROOT / name)
    lines = ["length,color,seen,species"]
    for row in range(30):
        lines.append(f"{1 + row / 30},red,2024-05-{1 + row % 28:02},poppy")
        lines.append(f"{5 + row / 30},{'blue' if row % 2 else 'white'},2024-06-{1 + row % 28:02},iris")
    Path("flowers.csv").write_text("\n".join(lines) + "\n")
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8").replace("```", "")
    page = doctest.DocTestParser().get_doctest(text, {}, "python.md", str(ROOT / "docs" / "python.md"), 0)
    wrong: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    found = runner.run(page, out=wrong.append)
    assert found.attempted > 20
    assert not wrong, "".join(wrong)
