"""What every test would do again, or wait for, though it shows nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest
import typer.main


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """The options of all commands are read once, and not for each call of `main`; and no file waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
