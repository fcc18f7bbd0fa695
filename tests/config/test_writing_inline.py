"""Plain data on one line of YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dltool.config.writing import dump_inline


@pytest.mark.parametrize("data", ["a\nb", {"a\r\nb": ["x\u2028y", "plain"]}, "ends\n", 'quo"te', "a: b", "- a", "1e5"])
def test_any_text_stands_on_one_line(data: Any) -> None:
    assert len(dump_inline(data).splitlines()) == 1
    assert yaml.safe_load(dump_inline(data)) == data
