"""From codes to numbers."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def embed(module: Module, codes: Operand, rows: Operand, table: Operand, *, start: int, length: int) -> Variable:
    """Embedding: the sum of the rows of all codes that are not negative, over √(their number)."""
    size, width = table.shape
    construction, last = f"nn.Embedding({size}, {width})", table.path.rpartition(".")[2]
    layer = module.layer(table.path, construction, {"weight": table.known}, last)
    chosen = module.let(f"{codes.made.name}[:, {start}:{start + length}]")
    vectors = f"{layer}({chosen.name}.clamp(min=0)) * ({chosen.name} >= 0)[..., None]"
    count = f"({chosen.name} >= 0).sum(dim=1, keepdim=True).clamp(min=1)"
    return module.let(f"({vectors}).sum(dim=1) / {count}.sqrt()")


def one_hot(module: Module, codes: Operand, rows: Operand, *shares: Operand, start: int, size: int) -> Variable:
    """1 where the code says; with shares, code 0 gives these."""
    chosen = module.let(f"{codes.made.name}[:, {start}:{start + 1}]")
    ones = f"({chosen.name} == torch.arange({size})).float()"
    for mean in shares:
        ones = f"torch.where({chosen.name} == 0, {module.tensor(mean)}, {ones})"
    return module.let(ones)
