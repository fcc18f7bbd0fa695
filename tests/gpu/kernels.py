"""Times the kernels that are written for a GPU, next to the operations of XLA that they stand for; in microseconds.

Those of loops over steps run with several numbers of warps. Where there is no GPU, only XLA's are timed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

import jax
import numpy as np

from dltool.kernels.xla import find, recurrence_kernel
from dltool.kernels.xla.gpu import shared_memory, traced_for
from dltool.ops.op import StepRecord
from dltool.runtime.xla.devices import Devices

Arrays = tuple[np.ndarray, ...]

#: calls that are timed together, and how often
CALLS, TRIALS = 20, 3
WARPS = (4, 8, 16)
#: of the loops over steps, as in configs/bench
SAMPLES, STEPS, UNITS = 64, 64, 128
PLAIN = {"masked": 0, "rounded": 0}
STEP = StepRecord(step=0, epoch=0, position=0, rows=SAMPLES, scale=1.0, scalars=())
ATTENTION = {"heads": 6, "groups": 6, "causal": 1, "scale": 0.125, "rate": 0.0, "stream": 0, "key": 0, "rounded": 0}


def main() -> None:
    """Write a line for each kernel as it is timed."""
    device = Devices("cuda" if shared_memory() else "xla", tuple(jax.devices()), "tf32")
    for name, arrays, more in cases():
        kinds = {"XLA": traced_for(2), "kernel": nullcontext()} if shared_memory() else {"XLA": nullcontext()}
        told = [f"{kind} {_told(device, name, arrays, more, context)}" for kind, context in kinds.items()]
        if shared_memory() and name.startswith(("lstm", "gru")):
            told += [f"{warps} warps {_with_warps(warps, device, name, arrays, more)}" for warps in WARPS]
        sys.stdout.write(f"{name.ljust(30)}{', '.join(told)}\n")
        sys.stdout.flush()


def cases() -> list[tuple[str, Arrays, Mapping[str, Any]]]:
    """Ops, operands and attributes."""
    states = {gates: _numbers(SAMPLES, STEPS, gates * UNITS) for gates in (1, 3, 4)}
    four, three = _numbers(UNITS, 4 * UNITS), _numbers(UNITS, 3 * UNITS)
    qkv, y, logsums = _numbers(64, 256, 3 * 384), _numbers(64, 256, 384), _numbers(64, 256, 6)
    attention = {**ATTENTION, "step": STEP}
    narrow, wide = _numbers(128, 32, 32, 16), _numbers(64, 32, 32, 64)
    return [
        ("lstm", (states[4], four), PLAIN),
        ("lstm_gradient", (states[4], four, states[1], states[1]), PLAIN),
        ("gru", (states[3], three, _numbers(3 * UNITS)), PLAIN),
        ("gru_gradient", (states[3], three, states[1], states[1], states[1]), PLAIN),
        ("attention", (qkv,), attention),
        ("attention_gradient", (y, qkv, y, logsums), attention),
        ("conv_weight_gradient", (narrow, narrow), {"groups": 1, **_geometry(32)}),
        ("depthwise_weight_gradient", (wide, wide), {"groups": 1, **_geometry(32)}),
    ]


def _geometry(size: int) -> dict[str, int]:
    """Of kernels of 3 × 3 over images that keep their size."""
    both = {"": size, "out_": size, "kernel_": 3, "stride_": 1, "dilation_": 1}
    return {f"{name}{axis}": of for name, of in both.items() for axis in ("height", "width")} | {"top": 1, "left": 1}


def _numbers(*shape: int) -> np.ndarray:
    return (np.random.default_rng(0).standard_normal(shape) * 0.3).astype(np.float32)


def _with_warps(warps: int, *arguments: Any) -> str:
    before = recurrence_kernel.WARPS
    recurrence_kernel.WARPS = warps
    try:
        return _told(*arguments, nullcontext())
    finally:
        recurrence_kernel.WARPS = before


def _told(device: Devices, name: str, arrays: Arrays, more: Mapping[str, Any], context: Any) -> str:
    try:
        with context, jax.default_matmul_precision("tensorfloat32"):
            lowered = jax.jit(partial(find(name), **more)).lower(*arrays)
        compiled = lowered.compile(compiler_options=device.compiler_options)
        return f"{_seconds(compiled, [jax.device_put(array) for array in arrays]) * 1e6:,.0f}"
    except Exception as error:  # the next one may work
        return f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"


def _seconds(function: Callable[..., Any], arrays: list[Any]) -> float:
    """Of one call: the shortest of some trials."""
    jax.block_until_ready(function(*arrays))
    trials = []
    for _ in range(TRIALS):
        started = time.perf_counter()
        for _ in range(CALLS):
            results = function(*arrays)
        jax.block_until_ready(results)
        trials.append((time.perf_counter() - started) / CALLS)
    return min(trials)


if __name__ == "__main__":
    main()
