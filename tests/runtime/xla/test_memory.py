"""What is told where the memory of a device does not suffice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import jax
import pytest

from dltool.errors import RunError
from dltool.runtime.xla.devices import Devices, explained
from dltool.runtime.xla.needs import Needs
from tests.contract.networks import HEAD, Row


def test_out_of_memory_names_a_batch_that_fits():
    network = Row("wide", [{"dense": 1000}, *HEAD]).network(training=True, rows=33)
    needs = Needs.of(network, data=1000)
    assert needs.fixed > 1000 + 3 * 4 * (7 * 1000 + 1000 * 5)  # weights, their gradients and momentum
    assert needs.per_sample > 2 * 4000  # the hidden layer and its gradient
    card = SimpleNamespace(
        device_kind="Card", memory_stats=lambda: {"bytes_limit": needs.fixed + 10 * needs.per_sample}
    )
    devices = Devices("cuda", cast(Any, (card,)))
    with pytest.raises(RunError) as caught, explained(devices, lambda: needs.told(33, devices.memory)):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1 bytes.")
    assert str(caught.value).startswith("out of memory on Card, which has ")
    assert str(caught.value).endswith("; train.batch_size: 10 should fit")


def test_other_errors_of_xla_are_one_line():
    devices = Devices("cuda", cast(Any, (SimpleNamespace(device_kind="Card"),)))
    with pytest.raises(RunError, match=r"^Card: INTERNAL: it broke in two lines$"), explained(devices):
        raise jax.errors.JaxRuntimeError("INTERNAL: it broke\nin two lines")
