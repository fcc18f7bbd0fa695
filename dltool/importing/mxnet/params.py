"""MXNet's binary files of arrays, .params, as `src/ndarray/ndarray.cc` of MXNet 1.9 writes them. All is little-endian.

A list: u64 0x112, u64 0, u64 count, the arrays, u64 count, the names as u64 length and bytes. An array of version 2 or
3: u32 magic, i32 storage, i32 axes, i64 for each length, i32 device type, i32 device, i32 type, the numbers. Version 1
has no storage, and older arrays begin with u32 axes and u32 for each length.
"""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from dltool.errors import InputError, Problem

_LIST = 0x112
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = ("<f4", "<f8", "<f2", "u1", "<i4", "i1", "<i8")
#: more axes than any array has: the file is damaged
_MOST_AXES = 32


def read_params(path: Path) -> dict[str, np.ndarray]:
    """The arrays by their names, without "arg:" and "aux:"; raises InputError for other files and damaged ones."""
    try:
        with path.open("rb") as file:
            if _number(file, "Q") != _LIST or _number(file, "Q") != 0:
                raise ValueError("it does not begin as such files do")
            left = path.stat().st_size
            arrays = [_array(file, left) for _ in range(_count(file, left))]
            names = [_read(file, _count(file, left)).decode() for _ in range(_count(file, left))]
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", str(path))) from None
    except ValueError as error:
        raise InputError(Problem(f"not a .params file of MXNet, or damaged: {error}", str(path))) from None
    if len(names) != len(arrays):
        raise InputError(Problem(f"holds {len(arrays)} arrays without names; save them by name", str(path)))
    return {name.partition(":")[2] or name: array for name, array in zip(names, arrays, strict=True)}


def _array(file: IO[bytes], most: int) -> np.ndarray:
    first = _number(file, "I")
    if first in (_V2, _V3) and _number(file, "i") != 0:
        raise ValueError("sparse arrays are not supported")
    modern = first in (_V1, _V2, _V3)
    axes = _number(file, "I") if modern else first
    if axes > _MOST_AXES:
        raise ValueError(f"an array of {axes} axes")
    lengths = [_number(file, "q" if modern else "I") for _ in range(axes)]
    if not axes and first != _V3:
        return np.empty(0, np.float32)
    _read(file, 8)  # the device that it was on
    kind = _number(file, "i")
    if not 0 <= kind < len(_TYPES):
        raise ValueError(f"numbers of type {kind}")
    dtype = np.dtype(_TYPES[kind])
    if min(lengths, default=0) < 0 or prod(lengths) * dtype.itemsize > most:
        raise ValueError(f"an array of {lengths}, more than the file holds")
    return np.frombuffer(_read(file, prod(lengths) * dtype.itemsize), dtype).reshape(lengths)


def _count(file: IO[bytes], most: int) -> int:
    count = _number(file, "Q")
    if count > most:
        raise ValueError(f"{count} of something, more than the file holds")
    return count


def _number(file: IO[bytes], kind: str) -> int:
    return struct.unpack(f"<{kind}", _read(file, struct.calcsize(f"<{kind}")))[0]


def _read(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise ValueError("it is cut short")
    return content
