"""Networks with windows of hard kinds give PyTorch's losses and weights, on the cpu and by the reference kernels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from .recorded import run_dltool, start_of
from .windows import GOLDEN, KEPT, NETWORKS, STEPS, experiment_of


@pytest.mark.parametrize("debug", [False, True], ids=["cpu", "reference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_reproduces_its_recording(name: str, debug: bool):
    recorded = json.loads(GOLDEN.read_text())[name]
    experiment = experiment_of(name)
    assert start_of(experiment) == recorded["start"], "NumPy draws other samples or parameters than when recorded"
    run = run_dltool(experiment, steps=STEPS, kept=KEPT, debug=debug)
    np.testing.assert_allclose(run.losses, recorded["losses"], rtol=1e-5)
    assert run.statistics.keys() == recorded["statistics"].keys()
    for array, (mean, size) in recorded["statistics"].items():
        np.testing.assert_allclose(run.statistics[array], (mean, size), atol=1e-4 * size, err_msg=array)
