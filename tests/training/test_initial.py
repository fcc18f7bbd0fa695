"""Starting from a file of parameters: what is taken, and every name that does not fit, with its hint."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from dltool.errors import InputError
from dltool.ops.graph import Graph
from dltool.training.checkpoint import Checkpoint
from dltool.training.initial import initial_arrays
from dltool.training.saving import save

PARAMETERS = {"dense_1.weight": (3, 2), "dense_1.bias": (2,)}
GRAPH = Graph(training=True)
for name, shape in PARAMETERS.items():
    value = GRAPH.parameter(name, shape, lambda shape, generator: np.zeros(shape), decay=False)
    GRAPH.state("m", shape, None, of=value)
GRAPH.state("batch_norm_1.running_mean", (2,), None)

GOOD = {"dense_1.weight": np.arange(6.0).reshape(3, 2), "dense_1.bias": np.ones(2, np.float32)}


def take(path, **arrays):
    save_file(arrays, path / "x.safetensors")
    return initial_arrays(path / "x.safetensors", GRAPH)


def test_plain_tensors_are_taken_as_float32(tmp_path):
    arrays = take(tmp_path, **GOOD)
    assert arrays.keys() == PARAMETERS.keys()
    assert all(array.dtype == np.float32 for array in arrays.values())
    np.testing.assert_array_equal(arrays["dense_1.weight"], GOOD["dense_1.weight"])


def test_statistics_are_taken_where_there_are_any(tmp_path):
    assert "batch_norm_1.running_mean" in take(tmp_path, **GOOD, **{"batch_norm_1.running_mean": np.ones(2)})


def test_a_run_gives_its_parameters_without_slots(tmp_path):
    arrays = {name: array.astype(np.float32) for name, array in GOOD.items()}
    slots = {"dense_1.weight.m": arrays["dense_1.weight"], "dense_1.weight.average": arrays["dense_1.weight"]}
    (tmp_path / "checkpoints").mkdir()
    checkpoint = Checkpoint({}, "", {}, None, "", arrays | slots, {"step": np.asarray(3)})
    save(checkpoint, tmp_path / "checkpoints" / "last.safetensors")
    assert initial_arrays(tmp_path, GRAPH).keys() == PARAMETERS.keys()


def test_all_that_does_not_fit_is_listed(tmp_path):
    with pytest.raises(InputError) as error:
        take(tmp_path, **{"dense_1.wieght": np.ones((3, 2)), "dense_1.bias": np.ones(3), "head.kernel": np.ones(1)})
    lines = [line.replace(str(tmp_path / "x.safetensors"), "FILE") for line in str(error.value).splitlines()]
    assert sorted(lines) == [
        "FILE: 'dense_1.bias' is 3 here and 2 in the network",
        "FILE: no 'dense_1.weight' 3×2 in this file; it has: dense_1.bias, dense_1.wieght, head.kernel",
        "FILE: the network has no 'dense_1.wieght'; did you mean 'dense_1.weight'?",
        "FILE: the network has no 'head.kernel'; allowed: dense_1.weight",
    ]
