"""Compiled programs on disk, so that a later run neither traces nor compiles them.

A file is named after all that its program depends on: what is traced, the devices, versions, and dltool's own code.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
from jax.experimental import serialize_executable

import dltool
from dltool.caching import cache_root, read_sound, warn_once, write_sound
from dltool.kernels import processor
from dltool.runtime.xla.devices import Devices

#: folders and files, in dltool's own, whose code decides what is traced
CODE = ("kernels/*.py", "kernels/reference/*.py", "kernels/xla/*.py", "ops/*.py", "runtime/plan.py", "runtime/xla/*.py")
#: settings of the compiler
FLAGS = ("XLA_FLAGS", "NVIDIA_TF32_OVERRIDE")


def read(made_of: str, devices: Devices) -> Any | None:
    """The compiled function that was made of this before; None if it is not there, or cannot be used."""
    stored = read_sound(_file(made_of, devices))
    if stored is None:
        return None
    try:
        return serialize_executable.deserialize_and_load(*pickle.loads(stored), execution_devices=devices.every)
    except Exception:  # whatever it is that a driver or a library dislikes, the function can be compiled
        return None


def write(made_of: str, devices: Devices, compiled: Any) -> None:
    """Keep a compiled function."""
    try:
        stored = pickle.dumps(serialize_executable.serialize(compiled))
    except (NotImplementedError, ValueError, jax.errors.JaxRuntimeError):  # this kind of device has no form for files
        return
    try:
        write_sound(_file(made_of, devices), stored)
    except OSError as error:
        warn_once(f"compiled programs cannot be kept in {cache_root()}: {error.strerror}")


def _file(made_of: str, devices: Devices) -> Path:
    name = hashlib.sha256(f"{devices.kind} {len(devices.every)} {devices.precision} {made_of}".encode()).hexdigest()
    return cache_root() / f"programs-{_environment(devices.every[0])}" / name[:32]


@cache
def _environment(device: Any) -> str:
    """A hash of the device, of what compiles for it, and of the code that is traced."""
    digest = hashlib.sha256()
    root = Path(dltool.__file__).parent
    for source in sorted(path for pattern in CODE for path in root.glob(pattern)):
        digest.update(source.read_bytes())
    about = [jax.__version__, version("jaxlib"), device.device_kind, device.client.platform_version]
    about += [os.environ.get(name) for name in FLAGS]
    if device.platform == "cpu":
        about += [processor.name(), processor.features()]
    digest.update(repr(about).encode())
    return digest.hexdigest()[:16]
