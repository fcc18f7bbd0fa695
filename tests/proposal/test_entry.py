"""Configs as text: every value reads back as it is, and comments stand beside it."""

from __future__ import annotations

import pytest
import yaml

from dltool.proposal.entry import Entry, plain, write


@pytest.mark.parametrize(
    ("entry", "lines"),
    [
        (Entry("a", 1), ["a: 1"]),
        (Entry("a", "yes", "why"), ["a: 'yes'                                # why"]),
        (Entry("a b", ["no", {"x": 1e-3}]), ["a b: ['no', {x: 0.001}]"]),
        (Entry("a", [Entry("b", 1), Entry("c", "x: y")]), ["a:", "  b: 1", "  c: 'x: y'"]),
        (
            Entry("a", [Entry(None, "b", "one"), Entry(None, {"c": 2})]),
            ["a:", "  - b                                   # one", "  - c: 2"],
        ),
        (Entry("a", "x" * 45, "why"), [f"a: {'x' * 45}  # why"]),
        (Entry("a", 1, "w" * 90), [f"# {'w' * 90}", "a: 1"]),
    ],
)
def test_lines(entry: Entry, lines: list[str]) -> None:
    assert list(write([entry])) == lines
    assert yaml.safe_load("\n".join(lines)) == plain([entry])


def test_comments_of_neighbors_stand_in_one_column() -> None:
    lines = list(write([Entry("a", "x" * 45, "one"), Entry("b", 1, "two")]))
    assert lines[0].index("#") == lines[1].index("#")
