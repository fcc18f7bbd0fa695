"""Layers give the values of PyTorch 2.13, in float64, for the same parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.layers.layer import build_layers
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from dltool.runtime.interpreter import run_graph

from .test_building import LAYERS

X = np.sin(0.37 * np.arange(12)).reshape(2, 6)
CODES = np.array([[1, 3, 1, 0], [2, 3, 3, 3]], np.int32)

# layer, input, parameters, output
RECORDED: list[tuple[Any, np.ndarray, dict[str, np.ndarray], list[Any]]] = [
    (
        {"rms_norm": {"epsilon": 1e-2}},
        X,
        {"rms_norm_1.gain": np.linspace(0.5, 1.5, 6)},
        [
            [0.0, 0.3380824785929531, 0.8105233882177979, 1.3159284914120446, 1.7291329995732563, 1.9258243179929344],
            [
                0.6970938370837072, 0.6420455457259959, 0.28447954314763024, -0.3605934634317192, -1.205548514903935,
                -2.1020489797741955,
            ],
        ],
    ),
    (
        "glu",
        X,
        {},
        [
            [0.0, 0.26406892177397345, 0.4877643999238673],
            [0.3610932720847966, 0.19418730677915483, 0.055963696266250945],
        ],
    ),
    (
        {"embedding": {"size": 4, "width": 3}},
        CODES,
        {"embedding_1.weight": np.cos(0.29 * np.arange(12)).reshape(4, 3)},
        [
            [
                [0.6448265472400013, 0.3993395294062732, 0.12050276936736662],
                [-0.8620008370900635, -0.9709581651495905, -0.9988285931772186],
                [0.6448265472400013, 0.3993395294062732, 0.12050276936736662],
                [1.0, 0.9582438755126972, 0.8364626499151869],
            ],
            [
                [-0.1683974479490768, -0.4432344156657089, -0.6810558805071525],
                *[[-0.8620008370900635, -0.9709581651495905, -0.9988285931772186]] * 3,
            ],
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "x", "parameters", "recorded"), RECORDED, ids=lambda given: str(given)[:30])
def test_a_layer_gives_what_pytorch_gives(
    layer: Any, x: np.ndarray, parameters: dict[str, np.ndarray], recorded: list[Any]
):
    graph = Graph(training=True)
    kind = "int32" if x.dtype == np.int32 else "float32"
    rows = graph.apply("order")
    gathered = graph.apply("gather_codes" if kind == "int32" else "gather", graph.data("x", x.shape[1:], kind), rows)
    y = build_layers(graph, LAYERS.validate_python([layer]), gathered)
    arrays = {"x": x, "target": np.zeros((2, 1)), **parameters}
    values = run_graph(graph, arrays, StepRecord(0, 0, 0, 2, 0.5))
    np.testing.assert_allclose(values[y.name], recorded, rtol=0, atol=1e-12)


def test_the_gradient_of_an_embedding_is_that_of_pytorch():
    upstream = np.sin(0.41 * np.arange(24)).reshape(2, 4, 3)
    recorded = [
        [-0.5213287903544065, -0.8182771110644103, -0.9795891644283669],
        [0.6300306299958922, 0.6668753789140413, 0.593179962455669],
        [-0.9785261299411385, -0.8152642144499634, -0.5168654443974295],
        [2.427028182400999, 2.662667923576967, 2.4569482115155794],
    ]
    np.testing.assert_allclose(find("embedding_gradient")(CODES, upstream, size=4), recorded, rtol=0, atol=1e-12)
