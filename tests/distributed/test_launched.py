"""How a process learns that it is one of several, and how many can share the shards of an update."""

from __future__ import annotations

import pytest

from dltool.distributed.launched import Launched, launched
from dltool.training.ranks import sizes


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        ({"PMI_RANK": "1", "PMI_SIZE": "4"}, Launched("mpiexec", 1, 4)),
        ({"PMI_RANK": "0", "PMI_SIZE": "1"}, None),
        ({"OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "8"}, Launched("mpiexec", 3, 8)),
        ({"SLURM_PROCID": "2", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}, Launched("srun", 2, 4)),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, None),  # the script of a batch job, before srun
        ({"RANK": "1", "WORLD_SIZE": "2"}, Launched("torchrun", 1, 2)),
        ({"RANK": "gold", "WORLD_SIZE": "2"}, None),
    ],
)
def test_the_environment_tells(environment: dict[str, str], found: Launched | None):
    assert launched(environment) == found


@pytest.mark.parametrize(("shards", "found"), [(1, [1]), (8, [1, 2, 4, 8]), (12, [1, 3, 6, 12]), (7, [1, 7])])
def test_each_rank_takes_a_power_of_two_of_the_shards(shards: int, found: list[int]):
    assert sizes(shards) == found
