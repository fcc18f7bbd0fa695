"""Which keys make attention drop weights, and when."""

from __future__ import annotations

from typing import Any

import pytest

from .test_building import build

# layer, in training, share of the weights that are dropped
TABLE: list[tuple[Any, bool, float]] = [
    ({"multi_head_attention": {"heads": 2, "dropout": 0.1}}, True, 0.1),
    ({"multi_head_attention": {"heads": 2, "dropout": 0.1}}, False, 0.0),
    ({"multi_head_attention": 2}, True, 0.0),
    ({"transformer_block": {"heads": 2, "dropout": 0.2}}, True, 0.2),
    ({"transformer_block": {"heads": 2, "dropout": 0.2}}, False, 0.0),
    ({"transformer_block": {"heads": 2, "dropout": 0.2, "attention_dropout": 0.0}}, True, 0.0),
    ({"transformer_block": {"heads": 2, "attention_dropout": 0.3}}, True, 0.3),
]


@pytest.mark.parametrize(("layer", "training", "share"), TABLE, ids=str)
def test_the_share_of_attention_weights_that_are_dropped(layer: Any, training: bool, share: float):
    graph, _ = build([layer], (5, 6), training=training)
    (attention,) = (node for node in graph.nodes if node.op.yaml_name == "attention")
    assert attention.attributes["rate"] == share


def test_every_attention_drops_other_weights():
    graph, _ = build(
        [{"repeat": {"times": 3, "layers": [{"transformer_block": {"heads": 2, "dropout": 0.2}}]}}], (5, 6)
    )
    streams = [node.attributes["stream"] for node in graph.nodes if "stream" in node.attributes]
    assert len(set(streams)) == len(streams) == 9
