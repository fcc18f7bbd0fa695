"""The live table of a sweep: trials that run, the best that have ended, how far it is."""

from __future__ import annotations

from math import nan
from pathlib import Path

import pytest
from rich.console import Console

from dltool.cli.screen.live_sweep import LiveSweep
from dltool.cli.screen.sweep_viewer import SweepHeading
from dltool.sweep.folder import Lock
from dltool.sweep.study import Claim, Ended


@pytest.mark.parametrize("higher", [True, False])
@pytest.mark.parametrize("width", [60, 140])
def test_the_live_table(higher: bool, width: int):
    live = LiveSweep()
    live._console = Console(width=width, height=30, record=True, force_terminal=False)
    claims = [Claim(number, {"optimizer.lr": number / 7} if number else {}, Lock(Path("lock"))) for number in range(12)]
    live.begin(SweepHeading("digits", "validation.accuracy", higher, 2, 40, before=3))
    for claim in claims:
        live.began(claim)
    for claim in claims[:8]:
        live.epoch(claim, 1, 0.1)
        live.ended(claim, Ended("finished", 0.5 + claim.number / 100, 3, 30, 1.0), best=False)
    live.ended(claims[8], Ended("pruned", 0.99, 1, 3, 1.0), best=False)
    live.ended(claims[9], Ended("finished", nan, 0, 30, 1.0), best=False)
    live.epoch(claims[10], 4, 0.25)
    live._console.print(live._render())
    lines = live._console.export_text().splitlines()
    assert "13/40" in " ".join(lines)
    best = 0.57 if higher else 0.5
    assert f"{best:.4f}" in " ".join(lines[:3])
    numbers = [line.split()[0] for line in lines if line.strip() and line.split()[0].isdigit()]
    assert numbers == ["10", "11", *(["7", "6", "5", "4", "3"] if higher else ["0", "1", "2", "3", "4"])]
    assert max(map(len, lines)) <= width
