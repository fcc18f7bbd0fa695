"""Philox4x32-10 on 16 lanes: four words from a counter and a key (Salmon et al., SC 2011)."""

from __future__ import annotations

from numpy import uint32

from dltool.kernels.cpu.vector import high_product, splat

FIRST_MULTIPLIER = uint32(0xD2511F53)
SECOND_MULTIPLIER = uint32(0xCD9E8D57)
FIRST_WEYL = uint32(0x9E3779B9)
SECOND_WEYL = uint32(0xBB67AE85)


def philox(c0, c1, c2, c3, key_0, key_1):
    """The four outputs for each lane's counter; `key_0` and `key_1` are scalars."""
    k0, k1 = uint32(key_0), uint32(key_1)
    for _ in range(10):
        first, second = splat(FIRST_MULTIPLIER), splat(SECOND_MULTIPLIER)
        high_0, low_0 = high_product(c0, first), c0 * first
        high_1, low_1 = high_product(c2, second), c2 * second
        c0, c1, c2, c3 = high_1 ^ c1 ^ splat(k0), low_1, high_0 ^ c3 ^ splat(k1), low_0
        k0 = uint32(k0 + FIRST_WEYL)
        k1 = uint32(k1 + SECOND_WEYL)
    return c0, c1, c2, c3
