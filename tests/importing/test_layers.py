"""Layer by layer: what `dltool export` writes of a network gives the same network again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dltool.export.expected import expected_outputs
from dltool.export.keras.file import write as write_keras
from dltool.export.onnx.file import export_onnx
from dltool.export.opening import Trained
from dltool.export.samples import random_samples
from dltool.export.tensors import tensor_file
from dltool.export.torch.file import write as write_torch
from dltool.importing.building import Wishes, build
from dltool.importing.configured import Described, fill, read_held
from dltool.importing.onnx.model import read_onnx
from tests.contract.networks import Row, code_rows, layer_rows
from tests.export.trained import of_row

ROWS = [row for row in (*layer_rows(), *code_rows()) if "stateful" not in row.name]
#: names of rows whose layers ONNX spells out by operators that cannot be read together, or that take no numbers
SPELLED_OUT = (
    "transpose", "batch_norm", "rms_norm", "squeeze_excite", "glu", "tokens", "embed", "tied_dense", "blocks in blocks",
    "attention", "transformer", "average_pool", "upsample", "crop", "group", "conv1d", "convolutions of", "one-hot",
    "both directions", "two layers", "recurrent dropout", "columns", "sequence",
)  # fmt: skip
#: layers that frameworks get in several parts, or do not have
IN_PARTS = ("upsample1d", "conv2d in groups", "convolutions of mxnet", "conv1d dilated")
IN_ONNX = [row for row in ROWS if not any(word in row.name for word in SPELLED_OUT) or "Winograd" in row.name]


@pytest.mark.parametrize("row", IN_ONNX, ids=str)
def test_operators_of_onnx(row: Row, tmp_path: Path):
    trained = of_row(row)
    path = tmp_path / "network.onnx"
    path.write_bytes(export_onnx(trained, "network", preprocessing=False).content)
    imported = build(read_onnx(path), path, Wishes("network", task="classes"))
    again = Trained.of(imported.checkpoint(), path)
    samples = random_samples(trained, np.random.default_rng(0))
    given, expected = (expected_outputs(each, samples)["probabilities"] for each in (again, trained))
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("layout", ["torch", "keras"])
@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in IN_PARTS], ids=str)
def test_tensors_of_both_frameworks(row: Row, layout: str, tmp_path: Path):
    trained = of_row(row)
    path = tmp_path / "network.safetensors"
    program = write_torch(trained) if layout == "torch" else write_keras(trained)
    path.write_bytes(tensor_file(program.tensors))
    held = read_held(path)
    network = Described("", trained.experiment, _Prepared(trained), ())  # pyright: ignore[reportArgumentType]
    tensors = fill(path, held, network, {}).tensors
    assert set(tensors) == set(trained.arrays)
    again = replace(trained, arrays={name: tensor.array for name, tensor in tensors.items()})
    samples = random_samples(trained, np.random.default_rng(0))
    given, expected = (expected_outputs(each, samples)["probabilities"] for each in (again, trained))
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-6)


class _Prepared:
    """The preprocessing of a network that has none but its signature."""

    def __init__(self, trained: Trained):
        self._trained = trained

    def signature(self, rows: object) -> object:
        return self._trained.signature
