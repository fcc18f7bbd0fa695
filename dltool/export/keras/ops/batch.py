"""Fetching the batch: its rows are the inputs."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def gather(model: Model, data: Operand, rows: Operand) -> Variable:
    """The features themselves."""
    return data.made


def gather_scaled(model: Model, data: Operand, rows: Operand, offset: Operand, factor: Operand) -> Variable:
    """(bytes − offset) · factor."""
    numbers = f'ops.cast({data.made.name}, "float32")'
    return model.let(f"({numbers} - {model.tensor(offset)}) * {model.tensor(factor)}")
