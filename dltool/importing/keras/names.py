"""Names as Keras makes them of the names of classes."""

from __future__ import annotations

import re


def snake_case(name: str) -> str:
    """ "conv2d_transpose" of "Conv2DTranspose", and "re_lu" of "ReLU", as `keras.src.utils.naming.to_snake_case`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
