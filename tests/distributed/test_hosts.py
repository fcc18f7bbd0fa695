"""Ranks on several hosts, here network namespaces: the same bytes as anywhere, and about the predicted speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from .hosts import hosts, possible, run
from .mpi import arrays, needs_mpi, written
from .test_bits import trained

needs_hosts = pytest.mark.skipif(not possible(), reason="needs to be root on a kernel with network namespaces")


@needs_mpi
@needs_hosts
def test_ranks_on_several_hosts_leave_the_same_bytes(tmp_path: Path):
    config, place = written(tmp_path), tmp_path / "run"
    with hosts(4, 1.0) as addresses:
        done = run(addresses, ["train", config, "--run-dir", place, "--quiet"])
    assert (done.returncode, done.stderr) == (0, "")
    assert arrays(place) == trained(tmp_path, 1, config)
