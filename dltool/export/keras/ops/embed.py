"""From codes to numbers."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def embed(model: Model, codes: Operand, rows: Operand, table: Operand, *, start: int, length: int) -> Variable:
    """Embedding: the sum of the rows of all codes that are not negative, over √(their number)."""
    size, width = table.shape
    chosen = model.let(f"{codes.made.name}[:, {start}:{start + length}]")
    present = model.let(f'ops.cast({chosen.name} >= 0, "float32")')
    construction = f"Embedding({size}, {width}, {{}})"
    tensors, codes_of_rows = {"embeddings": table.known}, f"ops.maximum({chosen.name}, 0)"
    vectors = model.layer(table.path, construction, codes_of_rows, tensors, last=table.path.rpartition(".")[2])
    count = f"ops.maximum(ops.sum({present.name}, axis=1, keepdims=True), 1.0)"
    return model.let(f"ops.sum({vectors.name} * {present.name}[..., None], axis=1) / ops.sqrt({count})")


def one_hot(model: Model, codes: Operand, rows: Operand, *shares: Operand, start: int, size: int) -> Variable:
    """1 where the code says; with shares, code 0 gives these."""
    chosen = model.let(f"{codes.made.name}[:, {start}:{start + 1}]")
    ones = f'ops.cast(ops.equal({chosen.name}, ops.arange({size})), "float32")'
    for mean in shares:
        ones = f"ops.where(ops.equal({chosen.name}, 0), {model.tensor(mean)}, {ones})"
    return model.let(ones)
