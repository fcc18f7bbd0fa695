"""Images changed at random, and mixed in pairs."""

from __future__ import annotations

from .case import POSITIVE, ROW_NUMBERS, Case, fixed, resident, rows


def _augmentations() -> list[Case]:
    cases = []
    for channels, ranges in [
        (1, {"crop": 2, "horizontal": 1, "vertical": 1, "cutout": 3}),
        (3, {"crop": 1, "rotate": 3.1, "scale_low": 0.8, "scale_high": 1.3, "shear": 0.2}),
        (17, {"down": 0.3, "right": 0.2, "horizontal": 1, "contrast": 0.4}),
        (3, {"brightness": 0.3, "contrast": 0.4, "saturation": 0.5}),
    ]:
        attributes = {**ranges, "width": 5, "stream": 2, "key": 12345678901234567890}
        scaling = ROW_NUMBERS, fixed(channels), fixed(**POSITIVE) if channels == 3 else fixed(channels)
        cases += [
            Case("gather_augmented", (resident(6, 5, channels, dtype=kind, high=high), *scaling), given, rigid=True)
            for kind, high, given in [
                ("float32", 2, attributes),
                ("uint8", 256, {**attributes, "of_bytes": 1}),
            ]
        ]
    return cases


def _mixtures() -> list[Case]:
    table, attributes = fixed(9, low=0, high=1), {"height": 6, "width": 5, "stream": 3, "key": 5 << 40}
    cases = [
        Case("pair", (ROW_NUMBERS, table, table), {"patches": p, **attributes}, rigid=True) for p in (0.0, 0.5, 1.0)
    ]
    for channels in (1, 3, 17):
        x = rows(6, 5, channels)
        cases += [Case("mix", (x, x, rows(5, low=0, high=top)), {"width": 5}, rigid=True) for top in (1, 7)]
    return cases


CASES = [*_augmentations(), *_mixtures()]
