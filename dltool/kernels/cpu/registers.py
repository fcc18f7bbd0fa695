"""What the vector registers of the processor hold, and so which tiles there are."""

from __future__ import annotations

from collections.abc import Mapping

from dltool.kernels import processor
from dltool.kernels.bfloat16_unit import has_tiles
from dltool.kernels.cpu.workspace import ACROSS
from dltool.kernels.records import LANES

#: processors, by LLVM's names, that start one multiply-add of 512 bits each cycle, no more than they load numbers
ONE_A_CYCLE = frozenset(("znver4",))


def has_wide_registers() -> bool:
    """Whether a vector fits one of 32 registers (AVX-512) rather than two of 16 (AVX2)."""
    return processor.has("avx512f")


def tallest_tiles() -> Mapping[int, int]:
    """Rows of the tallest tile, for each number of columns that tiles may have: what the registers hold.

    A term loads a number for each row and a vector for each column. Where two multiply-adds start in a cycle, loads
    bound tiles of one column (17 for 16 multiply-adds), and not those of four (10 for 24). Where one starts, tiles of
    one column reach the same speed, and begin and end sooner.
    """
    if not has_wide_registers():
        return {1: 6}
    if processor.name() in ONE_A_CYCLE:
        return {1: 16}
    return {1: 16, 2: 8, ACROSS: 6}


WIDE = has_wide_registers()
TALLEST = tallest_tiles()
#: columns of the widest tile of words in bfloat16; those of AMX have one
WORDS_ACROSS = 1 if has_tiles() else max(TALLEST)


def tile_of_products() -> str:
    """The tile that does most of a product, as rows × outputs."""
    across = max(TALLEST)
    return f"{TALLEST[across]} × {across * LANES}"
