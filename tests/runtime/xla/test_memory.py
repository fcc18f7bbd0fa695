"""What is told where the memory of a device does not suffice."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jax
import pytest

from dltool.cli.main import main
from dltool.config.amounts import bytes_of
from dltool.errors import RunError
from dltool.runtime.xla.devices import Devices, explained
from dltool.runtime.xla.needs import Needs
from tests.contract.networks import HEAD, Row
from tests.training.runs import write_config


def test_out_of_memory_names_a_batch_that_fits():
    network = Row("wide", [{"dense": 1000}, *HEAD]).network(training=True, rows=33)
    needs = Needs.of(network, data=1000)
    assert needs.fixed > 3 * 4 * (7 * 1000 + 1000 * 5)  # weights, their gradients and momentum
    assert needs.per_sample > 2 * 4000  # the hidden layer and its gradient
    card = SimpleNamespace(
        process_index=0,
        device_kind="Card",
        memory_stats=lambda: {"bytes_limit": needs.fixed + 1000 + 10 * needs.per_sample},
    )
    devices = Devices("cuda", cast(Any, (card,)))
    with pytest.raises(RunError) as caught, explained(devices, lambda: needs.told(33, devices.memory)):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 1 bytes.")
    assert str(caught.value).startswith("out of memory on Card, which has ")
    assert str(caught.value).endswith("; train.batch_size: 10 should fit")


def test_out_of_memory_names_what_to_do_with_large_data():
    network = Row("narrow", HEAD).network(training=True, rows=3)
    told = Needs.of(network, data=9 * 10**9).told(3, 8 * 10**9)
    assert told.endswith("; with data.memory: 2.0GB the data is sent in parts")
    assert bytes_of("2.0GB") == 2 * 10**9


@pytest.mark.parametrize(("rows", "fitting"), [(33, 32), (64, 40), (8, None)])
def test_several_devices_take_a_batch_that_they_divide(rows: int, fitting: int | None):
    needs = Needs(data=0, fixed=1000, per_sample=100)
    told = needs.told(rows, 1500, devices=8)  # five samples on each
    assert needs.of_batch(33, 8) == 3300
    assert needs.of_batch(64, 8) == 800
    assert told.endswith(f"; train.batch_size: {fitting} should fit" if fitting else "; use a smaller batch")


def test_other_errors_of_xla_are_one_line():
    devices = Devices("cuda", cast(Any, (SimpleNamespace(process_index=0, device_kind="Card"),)))
    with pytest.raises(RunError, match=r"^Card: INTERNAL: it broke in two lines$"), explained(devices):
        raise jax.errors.JaxRuntimeError("INTERNAL: it broke\nin two lines")


def test_check_says_what_a_device_needs_at_most(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = str(write_config(tmp_path))
    found = []
    for rows, devices in ((10, 1), (20, 1), (20, 2)):
        changes = [f"train.batch_size={rows}", f"train.devices={devices}", "train.device=cuda"]
        assert main(["check", path, "--json", *(each for change in changes for each in ("--set", change))]) == 0
        found.append(json.loads(capsys.readouterr().out)["memory_bytes"])
    one, two, shared = found
    assert two["activations"] == 2 * one["activations"]
    assert two["parameters_and_state"] == one["parameters_and_state"]
    assert shared == one
    assert main(["check", path, "--set", "train.device=cuda"]) == 0
    assert " of the device, at most: data " in capsys.readouterr().out


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_check_counts_the_spans_of_data_that_does_not_fit(
    device: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path, changes = str(write_config(tmp_path)), ["--set", f"train.device={device}", "--set", "data.memory=1kB"]
    assert main(["check", path, "--json", *changes]) == 0
    bytes_of_sample = 5 * 4 + 8
    assert json.loads(capsys.readouterr().out)["memory_bytes"]["data"] == 2 * 16 * bytes_of_sample
    assert main(["check", path, *changes]) == 0
    assert "; all data is 2.46 kB and read from disk in spans" in capsys.readouterr().out
