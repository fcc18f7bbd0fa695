"""A cache of its own for every test; compiled kernels stay where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool import caching
from dltool.cli.commands import cache as command
from dltool.data.store import folder, writer


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cache"
    for module in (caching, folder, writer, command):
        monkeypatch.setattr(module, "cache_root", lambda: root)
    return root
