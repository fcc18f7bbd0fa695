"""Trains a network on one device and on several of eight virtual ones; prints the losses of each, as JSON."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from dltool.program.building import build_network
from dltool.runtime.device import Device
from dltool.runtime.engine import Engine
from tests.contract.networks import BATCH, HEAD, Row
from tests.quick_xla import compile_quickly

MODEL = [{"conv2d": 4}, "batch_norm", "relu", {"dropout": 0.2}, "flatten", *HEAD]
#: batches of 32, 32 and 26, and of 33, 33 and 24: of these, eight devices divide only some
SIZES = (32, BATCH)
STEPS = 100


def losses(size: int, devices: int) -> list[float]:
    row = Row("images", MODEL, shape=(6, 7, 3), config={"train": {"batch_size": size}})
    networks = [build_network(row.experiment, row.signature, training=x, rows=size, lower=False) for x in (True, False)]
    engine = Engine(networks[:1], networks[1:], {"train": row.data()}, seed=3, device=Device("xla", devices))
    trained = [engine.train("train", row.steps(step % 3, 1), collect=False).losses for step in range(STEPS)]
    return np.concatenate([*trained, engine.evaluate("train").losses]).tolist()


with pytest.MonkeyPatch.context() as patch:
    compile_quickly(patch)
    json.dump([[losses(size, devices) for devices in (1, 8)] for size in SIZES], sys.stdout)
