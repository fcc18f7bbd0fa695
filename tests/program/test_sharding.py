"""Layers that remember the batch before cannot be cut into shards."""

from __future__ import annotations

from pathlib import Path

import pytest

from dltool.config.loading import from_mapping
from dltool.errors import InputError
from dltool.training.job import open_job


def test_stateful_layers_are_refused(tmp_path: Path):
    (tmp_path / "text.txt").write_text("hello world, this is a text. " * 50)
    memory = {"gru": {"units": 8, "stateful": True, "return_sequences": True}}
    config = {
        "data": {"text_stream": {"path": "text.txt", "block": 8}},
        "model": [{"embedding": 8}, memory, {"dense": "classes"}],
        "loss": "cross_entropy",
        "train": {"batch_size": 4, "shards": 2},
    }
    with pytest.raises(InputError, match=r"train.shards: a layer with stateful: true goes on"):
        open_job(from_mapping(config), [tmp_path])
