"""Arrays as a safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
from safetensors.numpy import save

from dltool.config.loading import resolved
from dltool.export.opening import Trained
from dltool.layouts import CONFIG, PREPROCESSING


def tensor_file(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> bytes:
    """The content of the file, float32 as the network computes."""
    plain = {name: np.ascontiguousarray(_plain(array)) for name, array in tensors.items()}
    return save(plain, dict(metadata) if metadata else None)


def described(trained: Trained) -> dict[str, str]:
    """Metadata of the file, from which `dltool import` makes the network and its preprocessing again."""
    config, preprocessing = resolved(trained.experiment), trained.preprocessing.as_json()
    return {CONFIG: json.dumps(config), PREPROCESSING: json.dumps(preprocessing)}


def _plain(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float64 else array
