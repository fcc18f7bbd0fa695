"""Functions of each element alone."""

from __future__ import annotations

from .case import POSITIVE, Case, rows

CASES = [
    Case("scale", (rows(3, 4),), {"factor": -0.3}, gradients=(0,)),
    Case("square", (rows(3, 4),), gradients=(0,)),
    Case("exp", (rows(3, 4),), gradients=(0,)),
    Case("reciprocal_square_root", (rows(3, 4, **POSITIVE),), {"eps": 1e-3}, gradients=(0,)),
    Case("dropout", (rows(3, 18),), {"rate": 0.4, "stream": 2, "key": 7 << 33}, gradients=(0,)),
    Case("dropout", (rows(1),), {"rate": 0.0, "stream": 1}, gradients=(0,)),
    Case("dropout", (rows(5),), {"rate": 0.5, "stream": 1, "key": 2**64 - 1}, gradients=(0,)),
    Case("dropout_mask", (), {"units": 18, "rate": 0.4, "stream": 2, "key": 7 << 33}, rigid=True),
]
