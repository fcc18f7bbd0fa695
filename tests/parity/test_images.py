"""The image networks of the benchmark reproduce what PyTorch recorded: every loss and all running statistics."""

from __future__ import annotations

import json

import numpy as np
import pytest

from .recorded import GOLDEN, RUNS, experiment_of, run_dltool, start_of


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", RUNS)
def test_a_network_reproduces_its_recording(name: str, threads: int):
    recorded = json.loads(GOLDEN.read_text())[name]
    assert start_of(experiment_of(name)) == recorded["start"], (
        "NumPy draws other samples or parameters than when this was recorded"
    )
    run = run_dltool(experiment_of(name, threads))
    assert recorded["losses"][0] > recorded["losses"][-1]
    np.testing.assert_allclose(run.losses, recorded["losses"], rtol=1e-3)
    assert run.statistics.keys() == recorded["statistics"].keys()
    for statistic, (mean, size) in recorded["statistics"].items():
        np.testing.assert_allclose(run.statistics[statistic], (mean, size), atol=1e-3 * size, err_msg=statistic)
