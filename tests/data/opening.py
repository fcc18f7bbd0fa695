"""Short ways to write files, and to open data as a config describes it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.config.data import DataConfig
from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.opening import open_dataset, read_signature
from dltool.data.prediction import rows as prediction_rows
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.samples.samples import Samples
from dltool.data.sources.source import Source
from dltool.errors import InputError

FOLDER = Path("config")


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def table(path: str, target: Any = "y", **fields: Any) -> dict[str, Any]:
    return {"table": {"path": path, "target": target, **fields}}


def config(data: dict[str, Any]) -> DataConfig:
    return DataConfig.model_validate(data)


def opened(data: dict[str, Any], preprocessing: Any = None) -> Dataset:
    """The data, whose signature must be the one that is told without reading the features."""
    dataset = open_dataset(config(data), [FOLDER], preprocessing)
    early, late = read_signature(config(data), [FOLDER]), dataset.signature
    for field in ("feature_shape", "feature_dtype", "classes", "targets", "rows"):
        assert getattr(early, field) == getattr(late, field)
    for field in ("offset", "factor"):
        assert np.shape(getattr(early, field)) == np.shape(getattr(late, field))
    return dataset


def open_part(source: Source, preprocessing: Any, folders: list[Path]) -> Samples:
    """All samples of another source, as a network was trained to take them."""
    with prediction_rows.opened(source, Preprocessing.from_json(preprocessing), folders) as samples:
        ((part, _),) = samples.parts()
    return part


def columns(dataset: Dataset) -> list[str]:
    """The columns that a network takes."""
    return [column["column"] for column in dataset.preprocessing["features"]["columns"]]


def problems(data: dict[str, Any]) -> list[str]:
    """The lines that opening the data ends with; no read without features may say anything else."""
    with pytest.raises(InputError) as caught:
        open_dataset(config(data), [FOLDER])
    lines = [str(problem) for problem in caught.value.problems]
    assert _early_problems(data) in ([], lines)
    assert all("\n" not in line for line in lines)
    return lines


def _early_problems(data: dict[str, Any]) -> list[str]:
    try:
        read_signature(config(data), [FOLDER])
    except InputError as error:
        return [str(problem) for problem in error.problems]
    return []


def numbered(rows: int = 30) -> list[str]:
    """Lines of a CSV file with header: columns a and b of numbers, y of three classes."""
    return ["a,b,y", *(f"{i},{2 * i},{i % 3}" for i in range(rows))]


def replaced(line: int, by: str, rows: int = 30) -> str:
    """The same as text, with another content in one line, counted from 1."""
    lines = numbered(rows)
    lines[line - 1] = by
    return "\n".join(lines) + "\n"


def idx(array: np.ndarray, code: int = 0x08) -> bytes:
    """An array as the bytes of an IDX file."""
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
