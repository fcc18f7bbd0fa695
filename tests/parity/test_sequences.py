"""Networks for sequences give PyTorch's loss in each of twenty steps, on the cpu and by the reference kernels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .recorded import run_dltool, start_of
from .sequences import GOLDEN, NETWORKS, experiment_of


@pytest.mark.parametrize("debug", [False, True], ids=["cpu", "reference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_reproduces_its_recording(name: str, debug: bool, tmp_path: Path):
    recorded = json.loads(GOLDEN.read_text())[name]
    experiment = experiment_of(name, tmp_path)
    assert start_of(experiment) == recorded["start"], "NumPy draws other samples or parameters than when recorded"
    losses = run_dltool(experiment, kept=(), debug=debug).losses
    np.testing.assert_allclose(losses, recorded["losses"], rtol=1e-5)
    assert min(losses) < 0.95 * losses[0]
