"""Tensors for PyTorch and Keras, and the programs that load them: as recorded, and where the framework is there, run.

All programs of the table were run with PyTorch 2.13 and Keras 3.15 when this was recorded.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.export.expected import expected_outputs
from dltool.export.keras import file as keras
from dltool.export.opening import Trained
from dltool.export.samples import random_samples
from dltool.export.tensors import tensor_file
from dltool.export.torch import file as torch
from dltool.losses.output_activations import activate
from tests.contract.networks import Row, code_rows, layer_rows
from tests.export.trained import of_row

GOLDEN = Path(__file__).parents[1] / "golden" / "frameworks.txt"
ROWS = [row for row in (*layer_rows(), *code_rows()) if "stateful" not in row.name]
FRAMEWORKS = {"torch": torch, "keras": keras}
RECORDED = ["batch_norm of keras", "residual convolutions", "gru of the last step", "embeddings and numbers"]


def program(framework: str, trained: Trained, file: str) -> str:
    module: Any = FRAMEWORKS[framework]
    return module.program(trained, module.write(trained), file)


def recorded() -> str:
    """The programs of some networks for both frameworks, each with the shapes of its tensors."""
    parts = []
    for row in ROWS:
        for framework, module in FRAMEWORKS.items():
            if row.name in RECORDED:
                trained = of_row(row)
                shapes = {name: list(array.shape) for name, array in module.write(trained).tensors.items()}
                lines = [f"{name}: {shape}" for name, shape in shapes.items()]
                parts.append("\n".join([f"## {row.name}, {framework}", program(framework, trained, "f"), *lines, ""]))
    return "\n".join(parts)


def test_programs_and_shapes_are_those_that_the_frameworks_took():
    assert recorded() == GOLDEN.read_text(encoding="utf-8")


def test_gates_of_a_gru_are_in_the_order_of_each_framework():
    trained = of_row(next(row for row in ROWS if row.name == "gru of the last step"))
    reset, update, candidate = np.split(trained.arrays["gru_1.recurrent_weight"], 3, axis=1)
    in_torch, in_keras = (module.write(trained).tensors for module in FRAMEWORKS.values())
    np.testing.assert_array_equal(in_torch["gru_1.weight_hh_l0"], np.hstack([reset, update, candidate]).T)
    np.testing.assert_array_equal(in_keras["gru_1/gru_cell/recurrent_kernel"], np.hstack([update, reset, candidate]))
    second = trained.arrays["gru_1.recurrent_bias"]
    np.testing.assert_array_equal(in_torch["gru_1.bias_hh_l0"], second)
    np.testing.assert_array_equal(in_keras["gru_1/gru_cell/bias"][1, :18], second[18:36])


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_program_gives_the_scores_of_dltool(
    row: Row, framework: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    trained, module = of_row(row), FRAMEWORKS[framework]
    if (framework, row.name) == ("keras", "conv1d dilated"):
        with pytest.raises(InputError, match="layer conv1d_1: Keras has no convolution with both a stride and a dilat"):
            module.write(trained)
        return
    text = program(framework, trained, "network.safetensors")
    compile(text, "program", "exec")
    if not importlib.util.find_spec(framework):
        return
    monkeypatch.chdir(tmp_path)
    Path("network.safetensors").write_bytes(tensor_file(module.write(trained).tensors))
    samples = random_samples(trained, np.random.default_rng(0))
    scores = scores_of(framework, importlib.import_module(framework), text, trained, samples)
    expected = expected_outputs(trained, samples)["probabilities"]
    np.testing.assert_allclose(activate("softmax", scores), expected, rtol=0, atol=1e-5)


def scores_of(framework: str, library: ModuleType, text: str, trained: Trained, samples: Any) -> np.ndarray:
    """What the network of a program makes of samples."""
    made: dict[str, Any] = {}
    exec(compile(text, "program", "exec"), made)
    network = trained.forward(fold=False)
    shaped = {**network.network.inputs(samples), "tokens": samples.features[:, :-1]}
    given = [shaped[name] for name in network.inputs]
    if framework == "torch":
        with library.no_grad():
            return made["network"](*map(library.from_numpy, given)).numpy()
    return np.array(made["network"](given if len(given) > 1 else given[0]))
