"""A small config that is right, and the lines of what is wrong with another."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dltool.config.loading import load
from dltool.errors import InputError

CONFIG = """\
data:
  synthetic: {features: 8, classes: 3, rows: 100}
model:
  - dense: {units: 16, activation: relu}
  - dropout: 0.1
  - dense: classes
loss: cross_entropy
optimizer: {adam: {lr: 1e-3}}
metrics: [accuracy]
train: {epochs: 2, batch_size: 32}
"""


def write(folder: Path, text: str = CONFIG, name: str = "c.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, overrides: Sequence[str] = ()) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(path, overrides)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]
