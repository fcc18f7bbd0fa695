"""Networks to export, with parameters as a training could leave them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import yaml

from dltool.config.loading import load
from dltool.data.dataset.opening import opened
from dltool.export.opening import Trained
from dltool.program.building import Network, build_network
from dltool.program.initial import initial_values
from tests.contract.networks import Row


def of_row(row: Row) -> Trained:
    """A network of the contract table, for prepared samples."""
    network = row.network(training=False, lower=False)
    preprocessing = cast(Any, SimpleNamespace(source_state={}))  # samples are prepared already
    return Trained(row.experiment, preprocessing, row.signature, parameters(network))


def of_config(path: Path, folders: list[Path]) -> Trained:
    """The network of a config with its preprocessing; nothing is trained."""
    experiment = load(path)
    with opened(experiment.data, folders) as (_, partition, preprocessing, _):
        signature = preprocessing.signature({part: partition.count(part) for part in partition.rows})
    network = build_network(experiment, signature, training=False, rows=1, lower=False)
    return Trained(experiment, preprocessing, signature, parameters(network))


def of_written(config: dict[str, Any]) -> Trained:
    """The same for a config in the working directory."""
    base = {"loss": "cross_entropy", "optimizer": "sgd", "train": {"epochs": 1}}
    Path("written.yaml").write_text(yaml.safe_dump(base | config))
    return of_config(Path("written.yaml"), [Path()])


def parameters(network: Network) -> dict[str, np.ndarray]:
    """Initial values, but of vectors and statistics others than 0 and 1."""
    generator = np.random.default_rng(1)
    arrays = {}
    for name, array in initial_values(network.graph.saved, seed=3):
        moved = generator.uniform(0.5, 1.5, array.shape).astype(np.float32)
        arrays[name] = moved if name.endswith("variance") else array + 0.2 * (moved - 1) if array.ndim == 1 else array
    return arrays
