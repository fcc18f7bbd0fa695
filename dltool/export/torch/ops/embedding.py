"""Integers of the batch, and the rows of a table that they name."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def gather_codes(module: Module, data: Operand, rows: Operand, *, start: int, length: int, size: int) -> Variable:
    """The codes themselves, or some of them."""
    return data.made if length == size else module.let(f"{data.made.name}[:, {start}:{start + length}]")


def embedding(module: Module, codes: Operand, table: Operand, *, size: int) -> Variable:
    """Embedding, with zeros for codes that are not in [0, size)."""
    layer = module.layer(table.path, f"nn.Embedding({size}, {table.shape[1]})", {"weight": table.known})
    inside = f"({codes.made.name} >= 0) & ({codes.made.name} < {size})"
    return module.let(f"{layer}({codes.made.name}.clamp(0, {size - 1})) * ({inside})[..., None]")
