"""Small images of two classes, a few of them under the wrong name, in every form that they can come in."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

ROWS, HEIGHT, WIDTH = 120, 10, 8
#: rows that lie
WRONG = range(4, ROWS, 15)
FORMS = ("images", "zip", "npz", "npy", "idx")

_GENERATOR = np.random.default_rng(1)
LABELS = np.arange(ROWS) % 2
PIXELS = _GENERATOR.integers(0, 90, (ROWS, HEIGHT, WIDTH), dtype=np.uint8)
for _row in range(ROWS):
    _shown = LABELS[_row] ^ (_row in WRONG)
    PIXELS[_row, 5 * _shown : 5 * _shown + 5] += 150


def name_of(row: int) -> str:
    """The file of an image."""
    return f"{LABELS[row]}/{row:03}.png"


def save_image(pixels: np.ndarray, path: str | Path) -> None:
    """A PNG."""
    image = pytest.importorskip("PIL.Image")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    image.fromarray(pixels).save(path)


def written(form: str) -> dict[str, Any]:
    """The images below the working directory; gives their source."""
    if form == "npz":
        np.savez("data.npz", x=PIXELS, y=LABELS)
        return {"npz": "data.npz"}
    if form == "npy":
        np.save("x.npy", PIXELS[..., None])
        np.save("y.npy", LABELS)
        return {"npy": {"path": "x.npy", "targets": "y.npy"}}
    if form == "idx":
        header = struct.pack(">4B3I", 0, 0, 8, 3, *PIXELS.shape)
        Path("some-images-idx3-ubyte").write_bytes(header + PIXELS.tobytes())
        labels = struct.pack(">4BI", 0, 0, 8, 1, ROWS) + LABELS.astype(np.uint8).tobytes()
        Path("some-labels-idx1-ubyte").write_bytes(labels)
        return {"idx": {"images": "some-images-idx3-ubyte", "labels": "some-labels-idx1-ubyte"}}
    for row in range(ROWS):
        save_image(PIXELS[row], f"data/{name_of(row)}")
    if form == "zip":
        with zipfile.ZipFile("data.zip", "w") as archive:
            for path in sorted(Path("data").rglob("*.png")):
                archive.write(path, path.relative_to("data"))
        return {"images": "data.zip"}
    return {"images": "data"}


def trained(form: str) -> None:
    """A network for these images, in the directory "run" below the working directory."""
    model = ["flatten", {"dense": {"units": 8, "activation": "relu"}}, {"dense": "classes"}]
    data = {**written(form), "split": {"validation": 0.5}}
    config = {"data": data, "model": model, "loss": "cross_entropy", "optimizer": {"adam": {"lr": 0.02}}}
    Path("config.yaml").write_text(yaml.safe_dump({**config, "train": {"epochs": 6, "batch_size": 10}}))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0
