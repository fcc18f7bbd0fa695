"""Fetching the batch: its rows are the inputs."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def gather(module: Module, data: Operand, rows: Operand) -> Variable:
    """The features themselves."""
    return data.made


def gather_scaled(module: Module, data: Operand, rows: Operand, offset: Operand, factor: Operand) -> Variable:
    """(bytes − offset) · factor."""
    shifted = f"({data.made.name}.float() - {module.tensor(offset)})" if offset.known.any() else data.made.name
    return module.let(f"{shifted} * {module.tensor(factor)}")
