"""Integers of the batch, and the rows of a table that they name."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def gather_codes(model: Model, data: Operand, rows: Operand, *, start: int, length: int, size: int) -> Variable:
    """The codes themselves, or some of them."""
    return data.made if length == size else model.let(f"{data.made.name}[:, {start}:{start + length}]")


def embedding(model: Model, codes: Operand, table: Operand, *, size: int) -> Variable:
    """Embedding, with zeros for codes that are not in [0, size)."""
    name = codes.made.name
    inside = model.let(f'ops.cast(ops.logical_and({name} >= 0, {name} < {size}), "float32")')
    construction = f"Embedding({size}, {table.shape[1]}, {{}})"
    within = f"ops.clip({name}, 0, {size - 1})"
    vectors = model.layer(table.path, construction, within, {"embeddings": table.known})
    return model.let(f"{vectors.name} * {inside.name}[..., None]")
