"""A small config with a `sweep` block, as a file."""

from __future__ import annotations

from pathlib import Path

BASE = """\
data:
  synthetic: {features: 5, classes: 3, rows: 90}
  split: {validation: 0.3, test: 0.2}
model:
  - dense: {units: 8, activation: relu}
  - dropout: 0.1
  - dense: classes
loss: cross_entropy
metrics: [accuracy]
optimizer: {adam: {lr: 1e-3}}
train: {epochs: 3, batch_size: 8}
sweep:
"""


def write_sweep(folder: Path, block: str, base: str = BASE) -> Path:
    """The config with these lines in its `sweep` block."""
    path = folder / "small.yaml"
    path.write_text(base + "".join(f"  {line.strip()}\n" for line in block.strip().splitlines()))
    return path
