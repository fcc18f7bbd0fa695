"""The contract table: every op with inputs small enough to check each element, one file for each family of ops.

A new op needs a row in the file of its family. The reference kernels are checked beside this package, the cpu kernels
against them in `tests.contract`.
"""

from __future__ import annotations

from . import (
    activation,
    arithmetic,
    attention,
    augment,
    batch,
    bfloat16,
    conv,
    elementwise,
    embedding,
    embedding_product,
    loss,
    masking,
    matmul,
    norm,
    pool,
    recurrent,
    reduction,
    resample,
    reshape,
    update,
    winograd,
)
from .case import Case, Input, fixed, labels, resident, rows, windows

__all__ = ["CASES", "Case", "Input", "fixed", "labels", "resident", "rows", "windows"]

FAMILIES = (
    activation,
    arithmetic,
    elementwise,
    bfloat16,
    matmul,
    recurrent,
    attention,
    reduction,
    reshape,
    embedding,
    embedding_product,
    loss,
    masking,
    norm,
    pool,
    conv,
    winograd,
    augment,
    resample,
    update,
    batch,
)
CASES = [case for family in FAMILIES for case in family.CASES]
