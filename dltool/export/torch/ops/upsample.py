"""Images and series enlarged by whole factors."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def upsample_nearest(
    module: Module, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Variable:
    """interpolate."""
    factors = tuple([factor_height, factor_width][3 - len(x.shape) :])
    return module.let(f"functional.interpolate({module.first(x)}, scale_factor={factors})", first=True)


def upsample_bilinear(
    module: Module, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> Variable:
    """interpolate at half-pixel centers."""
    factors = tuple([factor_height, factor_width][3 - len(x.shape) :])
    mode = "bilinear" if len(factors) == 2 else "linear"
    options = f'scale_factor={factors}, mode="{mode}"'
    return module.let(f"functional.interpolate({module.first(x)}, {options})", first=True)
